import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import type { EventRead } from '../domain/billing-events.ts';
import { createCoalescer } from './coalesce.ts';
import { atOnceInTenant, inTenant } from './database.ts';
import { WebhookEvent } from './models/webhook-event.ts';

/** An event to be stored, in whose payload there was more than is kept. */
export interface NewEvent extends EventRead {
  readonly vendor: 'stripe';
  readonly receivedBy: WebhookEvent['received_by'];
  readonly status: 'stored' | 'refused';
  readonly reason: string | null;
}

// As one JSON value, so that one plan does for any number of events. Refused ones are done with.
const insertSql = `
  insert into webhook_events (tenant_id, vendor, id, type, object_id, customer_id, status, reason, occurred_at, received_by, done_at)
  select $2::uuid, vendor, id, type, "objectId", "customerId", status, reason, "occurredAt", "receivedBy",
    case when status = 'refused' then now() end
  from jsonb_to_recordset($1::jsonb) as event (vendor text, id text, type text, "objectId" text, "customerId" text, status text,
    reason text, "occurredAt" timestamptz, "receivedBy" text)
  on conflict do nothing
  returning id`;

/** Stores events; one that is known already is left as it is. Answers the ids of those that were new. */
export async function storeEvents(knex: Knex, events: readonly NewEvent[]): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set();
  const statement = { text: insertSql, values: [JSON.stringify(events), platformTenantId], name: 'store-events' };
  const [rows = []] = await atOnceInTenant(knex, platformTenantId, [statement]);
  return new Set((rows as { id: string }[]).map(({ id }) => id));
}

/** Stores an event with those that come at the same time, in one statement. Answers whether it was new. */
export function createEventStore(knex: Knex, concernsAll: (error: unknown) => boolean): (event: NewEvent) => Promise<boolean> {
  const store = createCoalescer<NewEvent, boolean>({
    concernsAll,
    max: 200,
    async work(_, events) {
      const isNew = await storeEvents(knex, events);
      return events.map(({ id }) => isNew.has(id));
    },
  });
  return (event) => store(event.vendor, event);
}

/** What stored events are about: all events that name the same are one. */
export type Named = Pick<EventRead, 'objectId' | 'customerId'>;
/** `asOf`: by the database's clock, after all of them came. Whoever reads what they name after that has read what they were about. */
export interface NamedPage<Each extends Named = Named> {
  readonly named: readonly Each[];
  readonly asOf: string;
}
/** With how many events name it. */
export interface CountedName extends Named {
  readonly events: number;
}

/** What stored events name, the longest waiting first. */
export async function storedNames(knex: Knex, vendor: string, limit: number): Promise<NamedPage<CountedName>> {
  const names = {
    text: `select object_id as "objectId", customer_id as "customerId", count(*) as events from webhook_events
      where tenant_id = $1 and vendor = $2 and status = 'stored'
      group by object_id, customer_id order by min(created_at), min(id) limit $3`,
    values: [platformTenantId, vendor, limit],
    name: 'names of stored events',
  };
  // As text: a Date has no microseconds.
  const clock = { text: 'select clock_timestamp()::text as at', values: [], name: 'clock' };
  const [named = [], clocks = []] = await atOnceInTenant(knex, platformTenantId, [names, clock]);
  const [{ at: asOf } = { at: '' }] = clocks as { at: string }[];
  return { named: named as CountedName[], asOf };
}

/** Those that came before and name one of these are done. */
export const settleEvents = (knex: Knex, vendor: string, page: NamedPage): Promise<void> => close(knex, vendor, page, 'done', null);

/** @param reason in words of ours, to go on after "it is" */
export const refuseEvents = (knex: Knex, vendor: string, page: NamedPage, reason: string): Promise<void> =>
  close(knex, vendor, page, 'refused', reason);

/** Longer than Stripe tells of an event at all (30 days): one that is forgotten is never listed as new again. */
const keptDays = 90;
const mostForgotten = 5_000;

/** Removes events that were dealt with long ago, some thousand at a time. Answers how many. */
export const forgetEvents = (knex: Knex, vendor: string): Promise<number> =>
  inTenant(knex, platformTenantId, async (trx) => {
    const old = trx(WebhookEvent.tableName)
      .select('id')
      .where({ tenant_id: platformTenantId, vendor })
      .where('done_at', '<', trx.raw('now() - make_interval(days => ?)', [keptDays]))
      .limit(mostForgotten);
    return trx(WebhookEvent.tableName).where({ tenant_id: platformTenantId, vendor }).whereIn('id', old).delete();
  });

async function close(
  knex: Knex,
  vendor: string,
  { named, asOf }: NamedPage,
  status: 'done' | 'refused',
  reason: string | null,
): Promise<void> {
  if (named.length === 0) return;
  const text = `update webhook_events as event set status = $3, reason = $4, done_at = now()
      from jsonb_to_recordset($5::jsonb) as named ("objectId" text, "customerId" text)
      where event.tenant_id = $1 and event.vendor = $2 and event.status = 'stored' and event.created_at <= $6::timestamptz
        and event.object_id is not distinct from named."objectId" and event.customer_id is not distinct from named."customerId"`;
  const values = [platformTenantId, vendor, status, reason, JSON.stringify(named), asOf];
  await atOnceInTenant(knex, platformTenantId, [{ text, values, name: 'close events' }]);
}
