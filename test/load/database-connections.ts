import pg from 'pg';

/** The most connections that the product had open at once, over both clusters, asked five times a second. */
export async function watchConnections(urls: readonly string[]) {
  const clients = urls.map((connectionString) => new pg.Client({ connectionString }));
  await Promise.all(clients.map((client) => client.connect()));
  let most = 0;
  let asking = false;
  const sql = `select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and application_name like 'toolbox%'`;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const counts = await Promise.all(clients.map((client) => client.query<{ n: number }>(sql)));
    most = Math.max(
      most,
      counts.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0),
    );
    asking = false;
  };
  const timer = setInterval(() => void ask(), 200);
  return {
    peak: (): number => most,
    reset: (): void => void (most = 0),
    async close(): Promise<void> {
      clearInterval(timer);
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
