import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { inPlatform, inTenant } from '../database.ts';
import { Person } from '../models/person.ts';
import { RobloxIndexMark } from '../models/roblox-index-mark.ts';
import { Tenant } from '../models/tenant.ts';
import { indexRobloxUsers, openUsers, type RobloxUserDeps } from './roblox-users.ts';

/** Where the work goes on: in which school, and after whom of it. */
export interface IndexPosition {
  readonly tenantId: string;
  readonly personId?: string;
  /** RFC 3339: what was changed before is in the index; absent, nothing is. */
  readonly since?: string;
  /** RFC 3339: when this school's turn began, by the database's clock. */
  readonly began?: string;
}

/** A transaction that wrote before the mark may be committed after it: none takes nearly as long. */
const overlapMs = 3_600_000;
const peopleAtOnce = 1_000;

/** A page of schools, in the order of their ids. */
export const schoolsAfter = (main: Knex, after: string | undefined, limit: number): Promise<string[]> =>
  inPlatform(main, async (trx) => {
    const rows = Tenant.query(trx).select('id').whereNot({ id: platformTenantId }).orderBy('id').limit(limit);
    return (await (after === undefined ? rows : rows.where('id', '>', after))).map(({ id }) => id);
  });

/**
 * Puts into a school's blind index, a page at a time, the Roblox users of those whose rows changed since it was last done: all of them
 * the first time. Answers where to go on, or nothing when the school is done; its mark is written then, so that whatever stops it in
 * between, it is done again.
 */
export async function indexSchool(
  { main, keyring }: RobloxUserDeps,
  position: IndexPosition,
): Promise<{ indexed: number; next?: IndexPosition }> {
  const { tenantId } = position;
  const { since, began } = position.began === undefined ? await beginSchool(main, tenantId) : position;
  const rows = await changedSince(main, tenantId, { since, after: position.personId });
  if (rows.length > 0) await indexRobloxUsers(await keyring.blindIndex(tenantId), await openUsers(keyring, tenantId, rows));
  const last = rows.at(-1);
  if (last && rows.length === peopleAtOnce)
    return { indexed: rows.length, next: { tenantId, personId: last.id, ...(since ? { since } : {}), ...(began ? { began } : {}) } };
  // A school where nobody plays needs no mark, and none is looked through for it.
  if (began !== undefined && (rows.length > 0 || since !== undefined || position.personId !== undefined)) await mark(main, tenantId, began);
  return { indexed: rows.length };
}

const beginSchool = (main: Knex, tenantId: string): Promise<{ since?: string; began?: string }> =>
  inTenant(main, tenantId, async (trx) => {
    const found = await RobloxIndexMark.query(trx).findById(tenantId);
    const { rows } = await trx.raw<{ rows: { now: Date }[] }>('select clock_timestamp() as now');
    const began = rows[0]?.now.toISOString();
    return { ...(began ? { began } : {}), ...(found ? { since: found.indexed_until.toISOString() } : {}) };
  });

interface Changed {
  readonly since: string | undefined;
  readonly after: string | undefined;
}
const changedSince = (main: Knex, tenantId: string, { since, after }: Changed): Promise<Person[]> =>
  inTenant(main, tenantId, async (trx) => {
    const people = Person.query(trx).select('id', 'roblox_user_id').whereNotNull('roblox_user_id').orderBy('id').limit(peopleAtOnce);
    if (since) people.where('updated_at', '>', new Date(Date.parse(since) - overlapMs));
    if (after) people.where('id', '>', after);
    return people;
  });

const mark = (main: Knex, tenantId: string, began: string): Promise<void> =>
  inTenant(main, tenantId, async (trx) => {
    const row = { tenant_id: tenantId, indexed_until: new Date(began) };
    await trx(RobloxIndexMark.tableName).insert(row).onConflict(['tenant_id']).merge(['indexed_until']);
  });

/** Whether anybody of a school may be found: it has been looked through, and somebody was there. */
export const isIndexed = (main: Knex, tenantId: string): Promise<boolean> =>
  inTenant(main, tenantId, async (trx) => (await RobloxIndexMark.query(trx).findById(tenantId)) !== undefined);
