import { createdShape, listShape } from './lists.ts';
import { boolean, integer, listOf, maxLength, metadata, object, oneOf, range, required, text, unsettable } from './params.ts';
import type { Params } from './params.ts';

export const automaticTax = object({ enabled: required(boolean) });
export const collectionMethod = oneOf('charge_automatically', 'send_invoice');

export const writable = {
  auto_advance: boolean,
  automatic_tax: automaticTax,
  automatically_finalizes_at: integer,
  collection_method: collectionMethod,
  custom_fields: unsettable(listOf(object({ name: required(maxLength(40)), value: required(maxLength(140)) }))),
  days_until_due: integer,
  default_payment_method: text,
  description: unsettable(text),
  due_date: integer,
  footer: unsettable(text),
  metadata,
  statement_descriptor: maxLength(22),
};
export type WriteParams = Params<typeof writable>;

export const creatable = {
  ...writable,
  currency: text,
  customer: text,
  pending_invoice_items_behavior: oneOf('exclude', 'include'),
  subscription: text,
};
export type CreateParams = Params<typeof creatable>;

export const payable = { forgive: boolean, off_session: boolean, paid_out_of_band: boolean, payment_method: text };

export const listable = {
  ...listShape,
  ...createdShape,
  collection_method: collectionMethod,
  customer: text,
  due_date: range,
  status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
  subscription: text,
};
