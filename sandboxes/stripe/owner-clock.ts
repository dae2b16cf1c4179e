import type { StripeContext } from './context.ts';
import type { Lookup } from './expand.ts';
import type { RawObject } from './form.ts';

const naming = ['customer', 'subscription', 'invoice', 'payment_intent', 'charge', 'payment_method', 'from_invoice'];

/** The test clock that what a request names lives on: the request finds that clock's time. '': none. */
export function ownerClock({ tables }: StripeContext, lookup: Lookup, ids: Readonly<Record<string, string>>, raw: RawObject): string {
  const { test_clock: given } = raw;
  if (typeof given === 'string' && tables.testClocks.get(given)) return given;
  const named = [...Object.values(ids), ...naming.map((name) => raw[name])];
  for (const id of named) {
    const clock = typeof id === 'string' ? clockOf(tables, lookup(id)) : null;
    if (clock) return clock;
  }
  return '';
}

function clockOf(tables: StripeContext['tables'], object: object | undefined): string | null {
  const { test_clock: clock, customer, subscription } = (object ?? {}) as Record<string, unknown>;
  if (typeof clock === 'string') return clock;
  if (typeof subscription === 'string') return clockOf(tables, tables.subscriptions.get(subscription));
  const owner = typeof customer === 'string' ? tables.customers.get(customer)?.test_clock : null;
  return typeof owner === 'string' ? owner : null;
}
