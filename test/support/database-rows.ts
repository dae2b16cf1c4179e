import type { Knex } from 'knex';
import { openDatabase } from '../../platform/database.ts';

interface Table {
  readonly name: string;
  /** The column that says whose a row is; null where there is none. */
  readonly owner: string | null;
}

/**
 * Every row of a database as JSON, by table, past every wall: as the cluster's superuser.
 * @param settled tenants of which nothing more is expected: of a table's rows of theirs there is one line, which is another when one of
 * them is another
 */
export async function rowsOf(adminUrl: string, databaseUrl: string, settled: readonly string[] = []): Promise<Map<string, string[]>> {
  const url = new URL(adminUrl);
  url.pathname = new URL(databaseUrl).pathname;
  const database = openDatabase(url.href, { poolMax: 1 });
  try {
    const rows = new Map<string, string[]>();
    for (const table of await tablesOf(database)) {
      const apart = settled.length > 0 && table.owner !== null;
      const all = apart
        ? [await othersIn(database, table, settled), await digestIn(database, table, settled)]
        : [await allIn(database, table)];
      rows.set(table.name, all.flat());
    }
    return rows;
  } finally {
    await database.destroy();
  }
}

async function tablesOf(database: Knex): Promise<Table[]> {
  const { rows } = await database.raw<{ rows: Table[] }>(
    `select tablename as name, case when tablename = 'tenants' then 'id' else max(column_name) end as owner
     from pg_tables left join information_schema.columns on table_schema = schemaname and table_name = tablename and column_name = 'tenant_id'
     where schemaname = 'public' group by tablename order by tablename`,
  );
  return rows;
}

async function lines(database: Knex, sql: string, bindings: readonly unknown[]): Promise<string[]> {
  const { rows } = await database.raw<{ rows: { row: string }[] }>(sql, bindings as Knex.RawBinding[]);
  return rows.map(({ row }) => row);
}

const allIn = (database: Knex, { name }: Table): Promise<string[]> =>
  lines(database, 'select to_jsonb(t)::text as row from ?? as t order by 1', [name]);

const othersIn = (database: Knex, { name, owner }: Table, settled: readonly string[]): Promise<string[]> =>
  lines(database, 'select to_jsonb(t)::text as row from ?? as t where ?? <> all(?::uuid[]) order by 1', [name, owner, settled]);

const digestIn = (database: Knex, { name, owner }: Table, settled: readonly string[]): Promise<string[]> =>
  lines(
    database,
    `select count(*) || ' settled rows: ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as row from ?? as t where ?? = any(?::uuid[])`,
    [name, owner, settled],
  );
