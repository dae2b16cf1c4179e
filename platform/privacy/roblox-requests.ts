import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { RobloxErasureRequest } from '../models/roblox-erasure-request.ts';
import { WebhookEvent } from '../models/webhook-event.ts';
import { openRow, sealRow } from '../pii.ts';

export const vendor = 'roblox';
export const erasureType = 'RightToErasureRequest';

export interface RequestDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'sealer' | 'sealerOfNew' | 'destroySubjectKeys'>;
}
/** What is said of a player: sealed before it is stored. */
export interface Player {
  readonly userId: string;
  /** Start places, as Roblox names games. */
  readonly gameIds: readonly string[];
}
export interface Notice extends Player {
  /** Roblox's id of the notification; absent: staff enter what did not come. */
  readonly eventId?: string;
  readonly occurredAt: Date;
}

/** How long a notice that comes another way is taken for the one that is there. */
const sameNoticeDays = 30;
const tenantId = platformTenantId;
const rowOf = (id: string) => ({ table: RobloxErasureRequest.tableName, tenantId, subjectId: id, rowId: id });

/**
 * Stores a notice, sealed, before anybody is told that it was taken. False when it is known: by the id of its notification, or, when staff
 * enter it, by the player, whom another notice named within 30 days. Safe to repeat. Throws UnavailableError while the keyring, the vault
 * or the database is away.
 */
export async function storeNotice({ main, keyring }: RequestDeps, { eventId, occurredAt, ...player }: Notice): Promise<boolean> {
  // Before a key is made: one that comes again makes none.
  if (eventId !== undefined && (await isKnown(main, eventId))) return false;
  const user_digest = (await keyring.blindIndex(tenantId)).hmac('roblox-erasure', player.userId);
  const id = newId();
  const sealer = await keyring.sealerOfNew(tenantId, [id]);
  const sealed = sealRow(sealer, RobloxErasureRequest.pii, rowOf(id), { sealed: JSON.stringify(player) });
  const isNew = await inTenant(main, tenantId, async (trx) => {
    if (eventId === undefined && (await namedLately(trx, user_digest))) return false;
    const event_id = eventId ?? `entered-${id}`;
    if (!(await insertEvent(trx, { id: event_id, object_id: id, occurredAt, receivedBy: eventId === undefined ? 'staff' : 'webhook' })))
      return false;
    await trx(RobloxErasureRequest.tableName).insert({ tenant_id: tenantId, id, event_id, user_digest, ...sealed });
    return true;
  });
  if (!isNew) await keyring.destroySubjectKeys(tenantId, [id]);
  return isNew;
}

const isKnown = (main: Knex, id: string): Promise<boolean> =>
  inTenant(main, tenantId, async (trx) => (await WebhookEvent.query(trx).findById([tenantId, vendor, id])) !== undefined);

/** Two who enter the same player at a time do it one after the other. */
async function namedLately(trx: Knex.Transaction, digest: Buffer): Promise<boolean> {
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [digest.toString('hex')]);
  const found: unknown = await trx(RobloxErasureRequest.tableName)
    .where({ tenant_id: tenantId, user_digest: digest })
    .whereRaw('(sealed is not null or created_at > now() - make_interval(days => ?))', [sameNoticeDays])
    .first('id');
  return found !== undefined;
}

interface EventRow {
  readonly id: string;
  readonly object_id: string | null;
  readonly occurredAt: Date;
  readonly receivedBy: WebhookEvent['received_by'];
  readonly type?: string;
  readonly reason?: string;
}
async function insertEvent(
  trx: Knex.Transaction,
  { occurredAt, receivedBy, type = erasureType, reason, ...row }: EventRow,
): Promise<boolean> {
  const how = reason === undefined ? { status: 'stored' } : { status: 'refused', reason, done_at: trx.fn.now() };
  const told = { tenant_id: tenantId, vendor, type, occurred_at: occurredAt, received_by: receivedBy };
  const rows: unknown[] = await trx(WebhookEvent.tableName)
    .insert({ ...row, ...told, ...how })
    .onConflict()
    .ignore()
    .returning('id');
  return rows.length > 0;
}

/** Stores what is none of our business: of it nothing is kept but its kind. False when it is known. */
export const storeRefused = (
  main: Knex,
  refused: { readonly eventId: string; readonly type: string; readonly occurredAt: Date; readonly reason: string },
): Promise<boolean> =>
  inTenant(main, tenantId, (trx) => {
    const { eventId: id, ...told } = refused;
    return insertEvent(trx, { id, object_id: null, receivedBy: 'webhook', ...told });
  });

export interface OpenRequest {
  readonly id: string;
  readonly userId: string;
}

/** The ids of what is to be dealt with, oldest first. */
export const openRequestIds = (main: Knex, limit: number): Promise<string[]> =>
  inTenant(main, tenantId, async (trx) => {
    const rows = await RobloxErasureRequest.query(trx).select('id').whereNotNull('sealed').orderBy(['created_at', 'id']).limit(limit);
    return rows.map(({ id }) => id);
  });

/** Whom these are about, in clear; those that were settled meanwhile are left out. */
export async function openRequests({ main, keyring }: RequestDeps, ids: readonly string[]): Promise<OpenRequest[]> {
  const rows = await inTenant(main, tenantId, async (trx) =>
    RobloxErasureRequest.query(trx)
      .whereIn('id', [...ids])
      .whereNotNull('sealed')
      .orderBy('id'),
  );
  const sealer = await keyring.sealer(
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.map(({ id, sealed }) => {
    const { sealed: document } = openRow(sealer, RobloxErasureRequest.pii, rowOf(id), { sealed });
    return { id, userId: (JSON.parse(document ?? '{}') as Player).userId };
  });
}

/** Calls requests dealt with, the ones of players nobody knows with that reason, and destroys what was sealed with its keys. Safe to repeat. */
export async function settleRequests(
  { main, keyring }: RequestDeps,
  { done, unknown }: { readonly done: readonly string[]; readonly unknown: readonly string[] },
): Promise<void> {
  const ids = [...done, ...unknown];
  await inTenant(main, tenantId, async (trx) => {
    const events = (of: readonly string[]) =>
      trx(WebhookEvent.tableName)
        .where({ tenant_id: tenantId, vendor, status: 'stored' })
        .whereIn('object_id', [...of]);
    await events(done).update({ status: 'done', done_at: trx.fn.now() });
    await events(unknown).update({ status: 'refused', reason: 'of a player no school knows', done_at: trx.fn.now() });
    await trx(RobloxErasureRequest.tableName)
      .where({ tenant_id: tenantId })
      .whereIn('id', ids)
      .whereNotNull('sealed')
      .update({ sealed: null });
  });
  await keyring.destroySubjectKeys(tenantId, ids);
}
