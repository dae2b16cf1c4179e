import { openDatabase } from '../../platform/database.ts';

/** Every row of a database as JSON, by table, past every wall: as the cluster's superuser. */
export async function rowsOf(adminUrl: string, databaseUrl: string): Promise<Map<string, string[]>> {
  const url = new URL(adminUrl);
  url.pathname = new URL(databaseUrl).pathname;
  const database = openDatabase(url.href, { poolMax: 1 });
  try {
    const tables: string[] = await database('pg_tables').where({ schemaname: 'public' }).orderBy('tablename').pluck('tablename');
    const rows = new Map<string, string[]>();
    for (const table of tables) {
      const found = await database.raw<{ rows: { row: string }[] }>('select to_jsonb(t)::text as row from ?? as t order by 1', [table]);
      rows.set(
        table,
        found.rows.map(({ row }) => row),
      );
    }
    return rows;
  } finally {
    await database.destroy();
  }
}
