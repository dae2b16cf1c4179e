import pg from 'pg';

type Query = (this: object, statement: unknown, ...rest: unknown[]) => unknown;

/** What this process sends to its databases while `work` goes on, in order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (statement, ...rest) {
    sent.push(typeof statement === 'string' ? statement : String((statement as { text?: string }).text));
    return query.call(this, statement, ...rest);
  };
  await work().finally(() => (prototype.query = query));
  return sent.filter((text) => text !== 'select version();'); // knex's own, of a new connection
}
