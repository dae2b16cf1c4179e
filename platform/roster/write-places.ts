import type { Knex } from 'knex';
import type { Delta } from '../../domain/roster/counts.ts';
import type { BadRow, BadRowReason } from '../../domain/roster/records.ts';
import { newId } from '../ids.ts';
import { queryRows } from '../query-rows.ts';
import { deltaUpsert, text, uuid } from './delta-upsert.ts';
import type { KnownIds } from './known-ids.ts';
import type { Batch } from './read-batches.ts';
import { presentPeople, type ReferredPeople } from './referred-people.ts';

export interface WriteScope {
  readonly tenantId: string;
  readonly importId: string;
  readonly known: KnownIds;
}
/** What a batch did, and which of its rows refer to things the roster does not have. */
export interface Written {
  readonly delta: Partial<Delta>;
  readonly bad: readonly BadRow[];
}

const tables = { orgUnits: 'org_units', classes: 'classes' } as const;
type Place = keyof typeof tables;

/** Ids of the things of this import by source id. */
async function idsOf(
  trx: Knex.Transaction,
  { tenantId, importId, known }: WriteScope,
  kind: Place,
  sourceIds: readonly string[],
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const unknown: string[] = [];
  for (const sourceId of new Set(sourceIds)) {
    const id = known.get(kind, sourceId);
    if (id) ids.set(sourceId, id);
    else unknown.push(sourceId);
  }
  if (unknown.length === 0) return ids;
  // One probe of the key a value, whatever the planner believes: in a table without statistics it would read all of a tenant's rows for each batch.
  const sql = `select found.id, found.source_id from unnest(?::text[]) as wanted (source_id) cross join lateral (
    select id, source_id, roster_import_id from ${tables[kind]} where tenant_id = ? and source_id = wanted.source_id offset 0) as found
    where found.roster_import_id = ?`;
  for (const { id, source_id } of await queryRows<{ id: string; source_id: string }>(trx, sql, [unknown, tenantId, importId])) {
    ids.set(source_id, id);
    known.note(kind, source_id, id);
  }
  return ids;
}

/** Things in bad rows stay as they are, and count as seen. */
async function keepPlaces(
  trx: Knex.Transaction,
  { tenantId, importId }: WriteScope,
  kind: Place,
  sourceIds: readonly string[],
): Promise<void> {
  const sql = `update ${tables[kind]} set roster_import_id = ? where tenant_id = ? and source_id = any(?::text[])`;
  if (sourceIds.length > 0) await queryRows(trx, sql, [importId, tenantId, sourceIds]);
}

export async function writeOrgUnits(trx: Knex.Transaction, scope: WriteScope, { reads, keep }: Batch<'orgUnits'>): Promise<Written> {
  const records = reads.map(({ record }) => record);
  const { delta, ids } = await deltaUpsert(trx, scope, {
    table: 'org_units',
    ids: records.map(newId),
    key: { source_id: text(records.map(({ sourceId }) => sourceId)) },
    values: {
      name: text(records.map(({ name }) => name)),
      kind: text(records.map(({ kind }) => kind)),
      parent_source_id: text(records.map(({ parentSourceId }) => parentSourceId)),
    },
  });
  for (const [sourceId, id] of ids) scope.known.note('orgUnits', sourceId, id);
  await keepPlaces(trx, scope, 'orgUnits', keep);
  return { delta, bad: [] };
}

export async function writeClasses(trx: Knex.Transaction, scope: WriteScope, { file, reads, keep }: Batch<'classes'>): Promise<Written> {
  const orgs = await idsOf(
    trx,
    scope,
    'orgUnits',
    reads.flatMap(({ record }) => record.orgSourceId ?? []),
  );
  const [good, bad] = split(file, reads, ({ orgSourceId }) =>
    orgSourceId && !orgs.has(orgSourceId) ? 'refers to an organisation that does not exist' : undefined,
  );
  const records = good.map(({ record }) => record);
  const written = new Set(records);
  const lost = reads.filter(({ record }) => !written.has(record)).map(({ record }) => record.sourceId);
  const { delta, ids } = await deltaUpsert(trx, scope, {
    table: 'classes',
    ids: records.map(newId),
    key: { source_id: text(records.map(({ sourceId }) => sourceId)) },
    values: {
      title: text(records.map(({ title }) => title)),
      subject: text(records.map(({ subject }) => subject)),
      org_unit_id: uuid(records.map(({ orgSourceId }) => (orgSourceId ? orgs.get(orgSourceId) : null))),
    },
  });
  for (const [sourceId, id] of ids) scope.known.note('classes', sourceId, id);
  await keepPlaces(trx, scope, 'classes', [...keep, ...lost]);
  return { delta, bad };
}

const split = <R>(
  file: string,
  reads: readonly { readonly line: number; readonly record: R }[],
  reasonOf: (record: R) => BadRowReason | undefined,
) => {
  const good: { readonly line: number; readonly record: R }[] = [];
  const bad: BadRow[] = [];
  for (const read of reads) {
    const reason = reasonOf(read.record);
    if (reason) bad.push({ file, line: read.line, reason });
    else good.push(read);
  }
  return [good, bad] as const;
};

/** The last record of each key: exporters repeat rows, and one statement may not touch a row twice. */
const distinct = <R>(records: readonly R[], keyOf: (record: R) => string): R[] => [
  ...new Map(records.map((record) => [keyOf(record), record])).values(),
];

export async function writeEnrollments(
  trx: Knex.Transaction,
  scope: WriteScope,
  { file, reads }: Batch<'enrollments'>,
  people: ReferredPeople,
): Promise<Written> {
  const classes = await idsOf(
    trx,
    scope,
    'classes',
    reads.map(({ record }) => record.classSourceId),
  );
  const present = await presentPeople(trx, scope, people);
  const [good, bad] = split(file, reads, ({ classSourceId, personSourceId }) => {
    if (!classes.has(classSourceId)) return 'refers to a class that does not exist';
    return present.has(personSourceId) ? undefined : 'refers to a person who does not exist';
  });
  const places = good.map(({ record }) => ({
    classId: classes.get(record.classSourceId),
    personId: present.get(record.personSourceId),
    role: record.role,
  }));
  const rows = distinct(places, ({ classId, personId, role }) => `${classId} ${personId} ${role}`);
  const { delta } = await deltaUpsert(trx, scope, {
    table: 'enrollments',
    key: {
      class_id: uuid(rows.map(({ classId }) => classId)),
      person_id: uuid(rows.map(({ personId }) => personId)),
      role: text(rows.map(({ role }) => role)),
    },
    values: {},
  });
  return { delta, bad };
}

export async function writeGuardianships(
  trx: Knex.Transaction,
  scope: WriteScope,
  { file, reads }: Batch<'guardianships'>,
  people: ReferredPeople,
): Promise<Written> {
  const present = await presentPeople(trx, scope, people);
  const [good, bad] = split(file, reads, ({ guardianSourceId, childSourceId }) =>
    present.has(guardianSourceId) && present.has(childSourceId) ? undefined : 'refers to a person who does not exist',
  );
  const pairs = good.map(({ record }) => ({
    guardian: present.get(record.guardianSourceId),
    child: present.get(record.childSourceId),
    relationship: record.relationship,
  }));
  const rows = distinct(pairs, ({ guardian, child }) => `${guardian} ${child}`);
  const { delta } = await deltaUpsert(trx, scope, {
    table: 'guardianships',
    key: { guardian_id: uuid(rows.map(({ guardian }) => guardian)), child_id: uuid(rows.map(({ child }) => child)) },
    values: { relationship: text(rows.map(({ relationship }) => relationship)) },
  });
  return { delta, bad };
}
