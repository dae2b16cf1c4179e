import { boolean, integer, listOf, metadata, object, oneOf, required, text, unsettable } from './params.ts';
import type { Params, Parse } from './params.ts';

const timestampOrNow: Parse<number | 'now'> = (raw, name) => (raw === 'now' ? 'now' : integer(raw, name));
const item = { price: required(text), quantity: integer, metadata };
const writable = {
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

export const updatable = {
  ...writable,
  items: listOf(object({ ...item, price: text, id: text, deleted: boolean })),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  trial_end: integer,
};
export type UpdateParams = Params<typeof updatable>;

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
export const cancellable = { cancellation_details: object({ comment: unsettable(text), feedback: unsettable(feedback) }) };

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
