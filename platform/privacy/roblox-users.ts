import type { Knex } from 'knex';
import { type BlindIndex, hmacKey } from '../blind-index.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { Person } from '../models/person.ts';
import { openRow } from '../pii.ts';

export interface RobloxUserDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'sealer'>;
}
export interface RobloxUser {
  readonly personId: string;
  readonly userId: string;
}

const purpose = 'roblox-user';
/** Siblings may share an account: each that comes after the first has a digest of their own. */
const placeOf = (index: BlindIndex, userId: string, place: number): Buffer =>
  index.hmac(purpose, place === 0 ? userId : `${userId}#${place}`);

/**
 * Makes people findable by their Roblox user: to be called by whoever sets `roblox_user_id`, and by the one who makes up for what was
 * not. Idempotent. What a person no longer has stays behind and is told apart when it is found.
 */
export async function indexRobloxUsers(index: BlindIndex, users: readonly RobloxUser[]): Promise<void> {
  let waiting = users;
  for (let place = 0; waiting.length > 0; place += 1) {
    const rows = waiting.map(({ personId: subjectId, userId }) => ({ subjectId, hmac: placeOf(index, userId, place) }));
    const held = await index.put(purpose, rows);
    waiting = waiting.filter((user, at) => held.get(hmacKey(rows[at]?.hmac ?? Buffer.alloc(0)))?.subjectId !== user.personId);
  }
}

const atOnce = 8;

/** The people of a school who have this Roblox user today, by the index, and confirmed by what their own rows say. */
export async function peopleOfRobloxUser({ main, keyring }: RobloxUserDeps, tenantId: string, userId: string): Promise<string[]> {
  const index = await keyring.blindIndex(tenantId);
  const ids = new Set<string>();
  for (let place = 0; ; place += atOnce) {
    const hmacs = Array.from({ length: atOnce }, (_, at) => placeOf(index, userId, place + at));
    const found = await index.find(purpose, hmacs);
    for (const { subjectId } of found.values()) ids.add(subjectId);
    if (found.size === 0) break;
  }
  if (ids.size === 0) return [];
  const opened = await robloxUsersOf({ main, keyring }, tenantId, [...ids]);
  return opened.filter((user) => user.userId === userId).map(({ personId }) => personId);
}

/** The Roblox users of these people, in clear: of those who have one, and a key. */
export async function robloxUsersOf(
  { main, keyring }: RobloxUserDeps,
  tenantId: string,
  personIds: readonly string[],
): Promise<RobloxUser[]> {
  const rows = await inTenant(main, tenantId, async (trx) =>
    Person.query(trx)
      .select('id', 'roblox_user_id')
      .whereIn('id', [...personIds])
      .whereNotNull('roblox_user_id')
      .orderBy('id'),
  );
  return await openUsers(keyring, tenantId, rows);
}

/** An erased person's row has lost its key, and opens for nobody. */
export async function openUsers(
  keyring: RobloxUserDeps['keyring'],
  tenantId: string,
  rows: readonly Pick<Person, 'id' | 'roblox_user_id'>[],
): Promise<RobloxUser[]> {
  if (rows.length === 0) return [];
  const sealer = await keyring.sealer(
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.flatMap(({ id, roblox_user_id }) => {
    if (!sealer.has(id)) return [];
    const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
    const userId = openRow(sealer, Person.pii, place, { roblox_user_id }).roblox_user_id?.trim();
    return userId ? [{ personId: id, userId }] : [];
  });
}
