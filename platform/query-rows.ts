import type { Knex } from 'knex';

/** Runs one statement with `?` bindings, arrays among them (they arrive as PostgreSQL arrays), and returns its rows. */
export async function queryRows<T>(trx: Knex.Transaction, sql: string, bindings: readonly unknown[]): Promise<T[]> {
  return (await trx.raw<{ rows: T[] }>(sql, bindings as Knex.RawBinding[])).rows;
}

/** As queryRows, for a statement that writes: returns how many rows it wrote. */
export async function changeRows(trx: Knex.Transaction, sql: string, bindings: readonly unknown[]): Promise<number> {
  return (await trx.raw<{ rowCount: number }>(sql, bindings as Knex.RawBinding[])).rowCount;
}
