import {
  type Attempt,
  beginHistory,
  type InvoiceHistory,
  type NewHistory,
  type PaymentMethod,
} from '../../../../domain/dunning/history.ts';
import { day, hour, type Instant } from '../../../../domain/dunning/instant.ts';
import { type ZoneOffsets, zoneOffsets } from '../../../../domain/dunning/zone.ts';

export { day, hour };
/** A Tuesday, 10:00 in Berlin. */
export const start: Instant = Date.parse('2026-03-03T09:00:00Z');
export const berlin: ZoneOffsets = zoneOffsets('Europe/Berlin', start - 400 * day, start + 800 * day);

export const visa: PaymentMethod = { id: 'pm_visa', card: 'card_visa', brand: 'visa', since: start - 90 * day };
export const mastercard: PaymentMethod = { id: 'pm_mc', card: 'card_mc', brand: 'mastercard', since: start - 90 * day };

let made = 0;
export const attempt = (about: Partial<Attempt> & { at: Instant }, method: PaymentMethod = visa): Attempt => ({
  id: `py_${(made += 1)}`,
  methodId: method.id,
  card: method.card,
  brand: method.brand,
  outcome: 'declined',
  ...about,
});
export const declined = (declineCode: string, at: Instant = start, method: PaymentMethod = visa): Attempt =>
  attempt({ at, declineCode }, method);

/** An invoice whose first attempt was declined for want of funds, unless told otherwise. */
export const failed = (about: Partial<NewHistory> = {}): InvoiceHistory =>
  beginHistory({
    invoice: { id: 'in_1', amountMinor: 19_900, currency: 'usd' },
    since: start,
    zone: berlin,
    contacts: ['billing', 'head'],
    methods: [visa],
    attempts: [declined('insufficient_funds')],
    ...about,
  });
