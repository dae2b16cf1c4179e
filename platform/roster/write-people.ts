import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Delta } from '../../domain/roster/counts.ts';
import type { PersonRecord } from '../../domain/roster/records.ts';
import { byteaArray, textArray, uuidArray } from '../binary-array.ts';
import { type BlindIndex, hmacKey } from '../blind-index.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { Person } from '../models/person.ts';
import { sealRow } from '../pii.ts';
import { queryRows } from '../query-rows.ts';
import { lookUpPeople } from './referred-people.ts';

export interface PeopleDeps {
  readonly tenantId: string;
  readonly importId: string;
  readonly index: BlindIndex;
  readonly keyring: Pick<Keyring, 'createSubjectKeys' | 'sealer'>;
}
export interface Known {
  readonly id: string;
  readonly hmac: Buffer;
  readonly digest: Buffer;
  readonly record: PersonRecord;
}
/** What a batch of people comes to, before anything of it is in the main cluster. */
export interface PreparedPeople {
  readonly changed: readonly Known[];
  readonly unchanged: readonly Known[];
  /** Ids of people whose rows are bad: they stay as they are. */
  readonly kept: readonly string[];
  readonly rows: readonly SealedPerson[];
}
type SealedColumn = (typeof sealedColumns)[number];
interface SealedPerson extends Partial<Record<SealedColumn, Buffer | null>> {
  readonly id: string;
  readonly roles: string;
  readonly grade: string | null;
}

const sealedColumns = [
  'display_name',
  'given_name',
  'middle_name',
  'family_name',
  'username',
  'email',
  'phone',
  'date_of_birth',
  'student_number',
] as const;

const noDigest = Buffer.alloc(0);
const sealedAtOnce = 200;

const plainOf = (record: PersonRecord): Record<SealedColumn, string | null> => ({
  display_name: record.displayName,
  given_name: record.givenName ?? null,
  middle_name: record.middleName ?? null,
  family_name: record.familyName ?? null,
  username: record.username ?? null,
  email: record.email ?? null,
  phone: record.phone ?? null,
  date_of_birth: record.dateOfBirth ?? null,
  student_number: record.studentNumber ?? null,
});

/**
 * Everything about a batch that needs the keyring, in the order that survives a crash: the index row (who this is), then the key, and
 * only after the main cluster has the row the digest of what it was made from. Repeating it finds the same people.
 */
export async function preparePeople(deps: PeopleDeps, records: readonly PersonRecord[], keep: readonly string[]): Promise<PreparedPeople> {
  const { tenantId, index, keyring } = deps;
  const read = records.map((record) => ({
    record,
    hmac: index.hmac('roster-person', record.sourceId),
    digest: index.hmac('roster-row', JSON.stringify(record)),
  }));
  // Everybody is offered an id; who is known keeps theirs. One statement where all are new, and no more than two where none is.
  const entries = await index.put(
    'roster-person',
    read.map(({ hmac }) => ({ hmac, subjectId: newId() })),
  );
  const [changed, unchanged]: [Known[], Known[]] = [[], []];
  const outdated: { hmac: Buffer; sourceDigest: Buffer }[] = [];
  for (const { record, hmac, digest } of read) {
    const entry = entries.get(hmacKey(hmac));
    if (!entry) throw new Error('The index lost a person it was just given.');
    (entry.sourceDigest?.equals(digest) ? unchanged : changed).push({ id: entry.subjectId, hmac, digest, record });
    if (entry.sourceDigest && !entry.sourceDigest.equals(digest)) outdated.push({ hmac, sourceDigest: noDigest });
  }
  // Before the row changes: an import that stops in between must not leave a digest that vouches for the row as it was.
  await index.setDigests('roster-person', outdated);
  const kept = [...(await lookUpPeople(index, keep)).values()];
  return { changed, unchanged, kept, rows: await sealPeople({ tenantId, keyring }, changed) };
}

async function sealPeople(
  { tenantId, keyring }: Pick<PeopleDeps, 'tenantId' | 'keyring'>,
  people: readonly Known[],
): Promise<SealedPerson[]> {
  const ids = people.map(({ id }) => id);
  await keyring.createSubjectKeys(tenantId, ids);
  const sealer = await keyring.sealer(tenantId, ids);
  const sealed: SealedPerson[] = [];
  for (const { id, record } of people) {
    const row = sealRow(sealer, Person.pii, { table: Person.tableName, tenantId, subjectId: id, rowId: id }, plainOf(record));
    sealed.push({ id, roles: record.roles.join(','), grade: record.grade ?? null, ...row });
    // Other schools' work waits meanwhile: not for a whole batch.
    if (sealed.length % sealedAtOnce === 0) await setImmediate();
  }
  return sealed;
}

/** Writes a prepared batch in the caller's transaction. Unchanged people are only stamped; one the main cluster lost is written anew. */
export async function writePeople(
  trx: Knex.Transaction,
  deps: PeopleDeps,
  { rows, unchanged, kept }: PreparedPeople,
): Promise<WrittenPeople> {
  const written = await upsert(trx, deps, rows);
  const stamped = await stamp(
    trx,
    deps,
    unchanged.map(({ id }) => id),
  );
  await stamp(trx, deps, kept);
  const lost = unchanged.filter(({ id }) => !stamped.has(id));
  const again = await upsert(trx, deps, await sealPeople(deps, lost));
  const returned = [...stamped.values()].filter((status) => status === 'inactive').length;
  const delta = {
    created: written.created + again.created,
    updated: written.updated + again.updated + returned,
    unchanged: stamped.size - returned,
  };
  return { delta, refused: [...written.refused, ...again.refused] };
}

export interface WrittenPeople {
  readonly delta: Partial<Delta>;
  /** Ids of people whose rows stay as they are: they were erased, or their data is restricted. */
  readonly refused: readonly string[];
}

/** Marks people as seen by this import; people who had left are back. Answers their former status. */
async function stamp(trx: Knex.Transaction, { tenantId, importId }: PeopleDeps, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const sql = `
    with known as materialized (select found.* from unnest(?::uuid[]) as wanted (id) cross join lateral (
      select id, status from people where tenant_id = ? and id = wanted.id and restricted_by is null for update) as found)
    update people set roster_import_id = ?, status = case known.status when 'inactive' then 'active' else known.status end
    from known where people.tenant_id = ? and people.id = known.id returning people.id, known.status`;
  const rows = await queryRows<{ id: string; status: string }>(trx, sql, [uuidArray(ids), tenantId, importId, tenantId]);
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** What a person had corrected a roster does not undo, whether it still has it wrong or not. */
const keepRectified = (column: SealedColumn): string =>
  `${column} = case when '${column}' = any(people.rectified_fields) then people.${column} else excluded.${column} end`;

async function upsert(
  trx: Knex.Transaction,
  { tenantId, importId }: PeopleDeps,
  rows: readonly SealedPerson[],
): Promise<{ created: number; updated: number; refused: readonly string[] }> {
  if (rows.length === 0) return { created: 0, updated: 0, refused: [] };
  const columns = ['grade', ...sealedColumns] as const;
  // An erased person's row stays as it is, whatever a roster says; so does that of one whose data is restricted.
  const sql = `
    insert into people (tenant_id, source, roster_import_id, id, roles, ${columns.join(', ')})
    select ?, 'roster', ?, id, string_to_array(roles, ','), ${columns.join(', ')}
    from unnest(?::uuid[], ?::text[], ?::text[], ${sealedColumns.map(() => '?::bytea[]').join(', ')}) as row (id, roles, ${columns.join(', ')})
    on conflict (tenant_id, id) do update set status = 'active', roster_import_id = excluded.roster_import_id, roles = excluded.roles,
      grade = excluded.grade, ${sealedColumns.map(keepRectified).join(', ')}
      where people.status in ('active', 'inactive') and people.restricted_by is null
    returning id, (xmax = 0) as created`;
  const values = [
    uuidArray(rows.map(({ id }) => id)),
    textArray(rows.map(({ roles }) => roles)),
    textArray(rows.map(({ grade }) => grade)),
    ...sealedColumns.map((name) => byteaArray(rows.map((row) => row[name]))),
  ];
  const written = await queryRows<{ id: string; created: boolean }>(trx, sql, [tenantId, importId, ...values]);
  const created = written.filter((row) => row.created).length;
  const ids = new Set(written.length < rows.length ? written.map(({ id }) => id) : []);
  const refused = written.length < rows.length ? rows.map(({ id }) => id).filter((id) => !ids.has(id)) : [];
  return { created, updated: written.length - created, refused };
}
