import { randomBytes } from 'node:crypto';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant, openDatabase } from '../../../platform/database.ts';
import { Invoice } from '../../../platform/models/invoice.ts';
import { Subscription } from '../../../platform/models/subscription.ts';
import { idOf } from '../../../platform/stripe.ts';
import { createVault } from '../../../platform/vault.ts';
import { type StripeSchool, stripeSchools } from '../../support/stripe-school.ts';
import type { OwnStack } from '../../support/own-stack.ts';

interface Named {
  readonly type: string;
  readonly object: { readonly id: string; readonly object: string; readonly customer: string };
}
export interface StripeWorld {
  /** What an event may be about: what there is at Stripe's stand-in. */
  readonly named: readonly Named[];
  /** Changes something there, which the mirror has to follow. */
  change(): Promise<void>;
  counts(): Promise<{ readonly stored: number; readonly all: number }>;
  /** How many of these events are in the database, done with. */
  accountedFor(ids: readonly string[]): Promise<number>;
  /** What the mirror says otherwise than Stripe's stand-in. */
  differences(): Promise<string[]>;
  close(): Promise<void>;
}

/** Schools with a trial at Stripe's stand-in, some of them with an invoice whose charge failed. Their runs can be sealed: they have keys. */
export async function makeStripeWorld(
  { postgres, vault, sandboxes }: OwnStack['description'],
  { schools: count, owing }: { readonly schools: number; readonly owing: number },
): Promise<StripeWorld> {
  const main = openDatabase(postgres.url, { poolMax: 5 });
  const stripeUrl = (sandboxes as Readonly<Record<string, { url: string }>>)['stripe']?.url ?? '';
  const { createTenantKey } = createVault({ address: vault.url, token: vault.token });
  const { stripe, make } = stripeSchools({ main }, { url: stripeUrl }, createTenantKey);
  const schools: StripeSchool[] = [];
  while (schools.length < count) schools.push(await make());
  for (const school of schools.slice(0, owing)) await school.owe();

  const [invoices, subscriptions] = await Promise.all([
    wholeOf(stripe.invoices.list({ limit: 100 })),
    wholeOf(stripe.subscriptions.list({ limit: 100, status: 'all' })),
  ]);
  const named = [
    ...invoices.map(({ id, customer }) => ({ type: 'invoice.updated', object: { id, object: 'invoice', customer: idOf(customer ?? '') } })),
    ...subscriptions.map(({ id, customer }) => {
      return { type: 'customer.subscription.updated', object: { id, object: 'subscription', customer: idOf(customer) } };
    }),
  ];
  const onEvents = <T>(sql: string, bindings: readonly unknown[] = []): Promise<T[]> =>
    inTenant(main, platformTenantId, async (trx) => (await trx.raw<{ rows: T[] }>(sql, bindings as string[])).rows);
  let changes = 0;
  return {
    named,
    async change() {
      changes += 1;
      const subscription = subscriptions[changes % subscriptions.length];
      if (subscription) await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: changes % 2 === 0 });
    },
    async counts() {
      const [row] = await onEvents<{ stored: number; all: number }>(
        `select count(*) filter (where status = 'stored') as stored, count(*) as all from webhook_events`,
      );
      return row ?? { stored: 0, all: 0 };
    },
    async accountedFor(ids) {
      const sql = `select count(*) as count from webhook_events where status = 'done' and id = any(?)`;
      const [row] = await onEvents<{ count: number }>(sql, [ids]);
      return row?.count ?? 0;
    },
    async differences() {
      const bills = await wholeOf(stripe.invoices.list({ limit: 100 }));
      const plans = await wholeOf(stripe.subscriptions.list({ limit: 100, status: 'all' }));
      const truth = [
        ...bills.map(({ id, status, amount_remaining: left }) => `${id} ${status} ${left}`),
        ...plans.map(({ id, status, cancel_at: cancelAt }) => `${id} ${status} ${cancelAt}`),
      ];
      const mirror = await Promise.all(schools.map(({ tenantId }) => mirrorOf(main, tenantId)));
      const lines = new Set(mirror.flat());
      return truth.filter((line) => !lines.has(line));
    },
    async close() {
      await main.destroy();
    },
  };
}

const mirrorOf = (main: ReturnType<typeof openDatabase>, tenantId: string): Promise<string[]> =>
  inTenant(main, tenantId, async (trx) => [
    ...(await Invoice.query(trx)).map(({ stripe_invoice_id: id, status, remaining_minor: left }) => `${id} ${status} ${left}`),
    ...(await Subscription.query(trx)).map(
      ({ stripe_subscription_id: id, status, cancel_at: at }) => `${id} ${status} ${at ? at.getTime() / 1_000 : null}`,
    ),
  ]);

async function wholeOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of list) all.push(item);
  return all;
}

export const newEventId = (): string => `evt_${randomBytes(12).toString('hex')}`;
