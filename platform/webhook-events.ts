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

export type StoredEvent = Pick<EventRead, 'id' | 'objectId' | 'customerId'>;

/** What is to be dealt with, oldest first. */
export const storedEvents = (knex: Knex, vendor: string, limit: number): Promise<StoredEvent[]> =>
  inTenant(knex, platformTenantId, async (trx) => {
    const rows = await WebhookEvent.query(trx)
      .where({ tenant_id: platformTenantId, vendor, status: 'stored' })
      .orderBy(['created_at', 'id'])
      .limit(limit);
    return rows.map(({ id, object_id: objectId, customer_id: customerId }) => ({ id, objectId, customerId }));
  });

export const settleEvents = (knex: Knex, vendor: string, ids: readonly string[]): Promise<void> =>
  close(knex, vendor, ids, { status: 'done' });

/** @param reason in words of ours, to go on after "it is" */
export const refuseEvents = (knex: Knex, vendor: string, ids: readonly string[], reason: string): Promise<void> =>
  close(knex, vendor, ids, { status: 'refused', reason });

async function close(
  knex: Knex,
  vendor: string,
  ids: readonly string[],
  how: { status: 'done' | 'refused'; reason?: string },
): Promise<void> {
  if (ids.length === 0) return;
  await inTenant(knex, platformTenantId, (trx) =>
    trx(WebhookEvent.tableName)
      .where({ tenant_id: platformTenantId, vendor, status: 'stored' })
      .whereIn('id', [...ids])
      .update({ ...how, done_at: trx.fn.now() }),
  );
}
