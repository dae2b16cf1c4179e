import { randomBytes, randomInt } from 'node:crypto';
import type { Knex } from 'knex';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { isTenantTable, tenantColumn, type Column, type Table } from './catalogue.ts';

export type Row = Record<string, unknown>;
/** One row a table, by the table's name. */
export type Planted = Readonly<Record<string, Row>>;

const makers: Readonly<Record<string, () => unknown>> = {
  uuid: newId,
  text: () => `x${randomBytes(6).toString('hex')}`,
  // Part of a key in some tables.
  integer: () => randomInt(1, 2 ** 31),
  bigint: () => 1,
  boolean: () => true,
  'timestamp with time zone': () => new Date(),
  bytea: () => randomBytes(8),
  jsonb: () => '{}',
  'text[]': () => [],
};

function valueFor({ name, type }: Column, table: string): unknown {
  const make = makers[type];
  if (!make) throw new Error(`No maker for ${table}.${name} of type ${type}: add one to test/tenancy/rows.ts.`);
  return make();
}

/** A row of `table` that belongs to the tenant, if such rows do, and refers, by every foreign key, to the rows planted before it. */
export function buildRow(table: Table, tenantId: string, planted: Planted): Row {
  const row: Row = {};
  for (const column of table.columns) if (column.required) row[column.name] = valueFor(column, table.name);
  for (const { columns, parent, parentColumns } of table.foreignKeys) {
    const target = planted[parent];
    if (!target) throw new Error(`${table.name} refers to ${parent}, which has no row yet.`);
    columns.forEach((column, index) => (row[column] = target[parentColumns[index] ?? '']));
  }
  return isTenantTable(table) ? { ...row, [tenantColumn(table)]: tenantId } : row;
}

/** Parents before children. */
export function inOrder(tables: readonly Table[]): readonly Table[] {
  const placed: Table[] = [];
  const waiting = new Set(tables);
  while (waiting.size > 0) {
    const ready = [...waiting].filter(({ name, foreignKeys }) =>
      foreignKeys.every(({ parent }) => parent === name || placed.some((table) => table.name === parent)),
    );
    if (ready.length === 0) throw new Error(`Tables refer to each other in a circle: ${[...waiting].map(({ name }) => name).join(', ')}`);
    for (const table of ready) {
      placed.push(table);
      waiting.delete(table);
    }
  }
  return placed;
}

/** The registry of tenants is written by the platform, all else in the tenant's own name. */
const write = <T>(app: Knex, table: Table, tenantId: string, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> =>
  table.name === 'tenants' ? inPlatform(app, work) : inTenant(app, tenantId, work);

/** Plants one row in every table the app may read, as the app itself. What it may not insert must have come by itself (a trigger). */
export async function plant(app: Knex, tables: readonly Table[], tenantId: string): Promise<Planted> {
  const planted: Record<string, Row> = {};
  const readable = inOrder(tables.filter(({ privileges }) => privileges.includes('SELECT')));
  const mayInsert = ({ privileges }: Table): boolean => privileges.includes('INSERT');
  for (const table of [...readable.filter(mayInsert), ...readable.filter((each) => !mayInsert(each))]) {
    const rows = mayInsert(table)
      ? await write(app, table, tenantId, (trx) =>
          trx(table.name)
            .insert(buildRow(table, tenantId, planted))
            .returning<Row[]>('*'),
        )
      : await write(app, table, tenantId, (trx) => trx(table.name).select<Row[]>('*'));
    if (!rows[0]) throw new Error(`Nothing was planted in ${table.name}.`);
    planted[table.name] = rows[0];
  }
  return planted;
}
