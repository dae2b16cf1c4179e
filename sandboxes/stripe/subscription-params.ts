import { boolean, integer, listOf, metadata, object, oneOf, required, text, unsettable } from './params.ts';
import type { Params, Parse } from './params.ts';

const feedback = oneOf(
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
);
const timestampOrNow: Parse<number | 'now'> = (raw, name) => (raw === 'now' ? 'now' : integer(raw, name));
const item = { price: required(text), quantity: integer, metadata };
const cancellation = object({ comment: unsettable(text), feedback: unsettable(feedback) });
const writable = {
  automatic_tax: object({ enabled: required(boolean) }),
  cancel_at: unsettable(integer),
  cancel_at_period_end: boolean,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer,
  default_payment_method: unsettable(text),
  description: unsettable(text),
  metadata,
  payment_settings: object({ save_default_payment_method: oneOf('off', 'on_subscription') }),
  trial_settings: object({
    end_behavior: required(object({ missing_payment_method: required(oneOf('cancel', 'create_invoice', 'pause')) })),
  }),
};

export const creatable = {
  ...writable,
  customer: required(text),
  items: required(listOf(object(item))),
  // A hint to the card network: it changes nothing here.
  off_session: boolean,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  trial_end: timestampOrNow,
  trial_period_days: integer,
};
export type CreateParams = Params<typeof creatable>;

const behavior = oneOf('always_invoice', 'create_prorations', 'none');
const changing = {
  billing_cycle_anchor: oneOf('now', 'unchanged'),
  cancel_at: unsettable(integer),
  cancel_at_period_end: boolean,
  items: listOf(object({ ...item, price: text, id: text, deleted: boolean })),
  trial_end: timestampOrNow,
};
/** What decides how a subscription is billed. */
export type ChangeParams = Params<typeof changing>;

export const previewable = { ...changing, proration_behavior: behavior, proration_date: integer };

export const updatable = {
  ...writable,
  ...previewable,
  cancellation_details: cancellation,
  off_session: boolean,
  pause_collection: unsettable(object({ behavior: required(oneOf('keep_as_draft', 'mark_uncollectible', 'void')), resumes_at: integer })),
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
};
export type UpdateParams = Params<typeof updatable>;

export const cancellable = { cancellation_details: cancellation, invoice_now: boolean, prorate: boolean };

export const listedStatuses = oneOf(
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
);
