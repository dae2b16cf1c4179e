import pg from 'pg';

/** The most connections that the product had open at once, over both clusters, asked five times a second. */
export async function watchConnections(urls: readonly string[]) {
  const clients = urls.map((connectionString) => new pg.Client({ connectionString }));
  await Promise.all(clients.map((client) => client.connect()));
  let most = 0;
  let asked: Promise<void> | undefined;
  const sql = `select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and application_name like 'toolbox%'`;
  const ask = async (): Promise<void> => {
    const counts = await Promise.all(clients.map((client) => client.query<{ n: number }>(sql)));
    most = Math.max(
      most,
      counts.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0),
    );
    asked = undefined;
  };
  const timer = setInterval(() => void (asked ??= ask()), 200);
  return {
    peak: (): number => most,
    reset: (): void => void (most = 0),
    async close(): Promise<void> {
      clearInterval(timer);
      // Ended in the middle of a question, a connection takes the whole exercise with it.
      await asked;
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
