import type { Knex } from 'knex';
import { type BlindIndex, hmacKey } from '../blind-index.ts';
import { uuidArray } from '../binary-array.ts';
import { queryRows } from '../query-rows.ts';
import type { KnownIds } from './known-ids.ts';

/** Whom rows speak of, by source id. */
export interface ReferredPeople {
  readonly ids: ReadonlyMap<string, string>;
  /** Of these the index knows, but not yet whether this import has a row of them. */
  readonly unsure: ReadonlyMap<string, string>;
}

/** Subject ids of people by source id; people the index does not know are not in it. */
export async function lookUpPeople(index: BlindIndex, sourceIds: Iterable<string>): Promise<Map<string, string>> {
  const hmacs = new Map([...new Set(sourceIds)].map((id) => [id, index.hmac('roster-person', id)]));
  const entries = await index.find('roster-person', [...hmacs.values()]);
  const ids = new Map<string, string>();
  for (const [sourceId, hmac] of hmacs) {
    const entry = entries.get(hmacKey(hmac));
    if (entry) ids.set(sourceId, entry.subjectId);
  }
  return ids;
}

/** Before the transaction: who these people are, as far as this attempt or the keyring knows. */
export async function referredPeople(
  { index, known }: { readonly index: BlindIndex; readonly known: KnownIds },
  sourceIds: Iterable<string>,
): Promise<ReferredPeople> {
  const ids = new Map<string, string>();
  const unknown: string[] = [];
  for (const sourceId of new Set(sourceIds)) {
    const id = known.get('people', sourceId);
    if (id) ids.set(sourceId, id);
    else unknown.push(sourceId);
  }
  return { ids, unsure: await lookUpPeople(index, unknown) };
}

/** In the transaction: those of them that are in this import. The index may know some whose rows were never written. */
export async function presentPeople(
  trx: Knex.Transaction,
  { tenantId, importId, known }: { readonly tenantId: string; readonly importId: string; readonly known: KnownIds },
  { ids, unsure }: ReferredPeople,
): Promise<Map<string, string>> {
  const present = new Map([...ids].filter(([, id]) => !known.unwritten.has(id)));
  if (unsure.size === 0) return present;
  const sql = `select found.id from unnest(?::uuid[]) as wanted (id) cross join lateral (
    select id, roster_import_id from people where tenant_id = ? and id = wanted.id offset 0) as found where found.roster_import_id = ?`;
  const rows = await queryRows<{ id: string }>(trx, sql, [uuidArray([...new Set(unsure.values())]), tenantId, importId]);
  const found = new Set(rows.map(({ id }) => id));
  for (const [sourceId, id] of unsure) {
    if (!found.has(id)) continue;
    present.set(sourceId, id);
    known.note('people', sourceId, id);
  }
  return present;
}
