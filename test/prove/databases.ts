import pg from 'pg';

interface Cluster {
  readonly url: string;
  readonly adminUrl?: string | undefined;
}
/** The product's database of a cluster, as the superuser: row security does not hold him back. */
export const wholeDatabase = ({ url, adminUrl }: Cluster): string =>
  Object.assign(new URL(String(adminUrl)), { pathname: new URL(url).pathname }).href;

/** The rows a statement answers, over a connection of its own. */
export async function rowsOf<T extends pg.QueryResultRow>(url: string, sql: string, values: readonly unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
