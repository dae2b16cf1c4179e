import type { Knex } from 'knex';
import type { Delta } from '../../domain/roster/counts.ts';
import { textArray, uuidArray } from '../binary-array.ts';
import { queryRows } from '../query-rows.ts';

export interface DeltaColumns {
  readonly table: 'org_units' | 'classes' | 'enrollments' | 'guardianships';
  /** Ids of rows that are new; a row that is known keeps its own. */
  readonly ids?: readonly string[];
  /** What names a row within its tenant. */
  readonly key: Readonly<Record<string, Column>>;
  /** What may differ from what is known. */
  readonly values: Readonly<Record<string, Column>>;
}
interface Told {
  readonly written: number;
  readonly unchanged: number;
  readonly updated: number;
  readonly ids?: Record<string, string> | null;
}
interface Column {
  readonly type: 'text' | 'uuid';
  readonly array: Buffer;
}
type Values = readonly (string | null | undefined)[];
export const text = (values: Values): Column => ({ type: 'text', array: textArray(values) });
export const uuid = (values: Values): Column => ({ type: 'uuid', array: uuidArray(values) });

export interface DeltaWritten {
  readonly delta: Partial<Delta>;
  /** Of a table whose rows have ids: the id of each row by its source id. */
  readonly ids: ReadonlyMap<string, string>;
}

/** Writes rows of which no two have the same key, stamps all of them with the import, and tells the new, the changed and the known apart. */
export async function deltaUpsert(
  trx: Knex.Transaction,
  { tenantId, importId }: { readonly tenantId: string; readonly importId: string },
  columns: DeltaColumns,
): Promise<DeltaWritten> {
  const { table, ids, key, values } = columns;
  const [keys, others] = [Object.keys(key), Object.keys(values)];
  const all = { ...(ids ? { id: uuid(ids) } : {}), ...key, ...values };
  const names = Object.keys(all).join(', ');
  const arrays = Object.values(all)
    .map(({ type }) => `?::${type}[]`)
    .join(', ');
  const same = ["known.status = 'active'", ...others.map((name) => `known.${name} is not distinct from input.${name}`)].join(' and ');
  const set = [
    ...others.map((name) => `${name} = excluded.${name}`),
    "status = 'active'",
    'roster_import_id = excluded.roster_import_id',
  ].join(', ');
  const sql = `
    with input as (select * from unnest(${arrays}) as row (${names})),
    known as (select ${same} as same from ${table} as known join input using (${keys.join(', ')}) where known.tenant_id = ?),
    written as (
      insert into ${table} (tenant_id, roster_import_id, ${names}) select ?, ?, ${names} from input
      on conflict (tenant_id, ${keys.join(', ')}) do update set ${set} returning ${ids ? 'id, source_id' : '1'})
    select ${ids ? '(select json_object_agg(source_id, id) from written) as ids,' : ''} (select count(*) from written) as written,
      (select count(*) from known where same) as unchanged, (select count(*) from known where not same) as updated`;
  const [row] = await queryRows<Told>(trx, sql, [...Object.values(all).map(({ array }) => array), tenantId, tenantId, importId]);
  if (!row) throw new Error(`Writing ${table} told nothing.`);
  const { written, unchanged, updated } = row;
  return { delta: { created: written - unchanged - updated, updated, unchanged }, ids: new Map(Object.entries(row.ids ?? {})) };
}
