import type { Knex } from 'knex';

/** Runs one statement with `?` bindings, arrays among them (they arrive as PostgreSQL arrays), and returns its rows. */
export async function queryRows<T>(trx: Knex.Transaction, sql: string, bindings: readonly unknown[]): Promise<T[]> {
  return (await trx.raw<{ rows: T[] }>(sql, bindings as Knex.RawBinding[])).rows;
}
