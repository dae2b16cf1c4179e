import type { Knex } from 'knex';

/**
 * Runs one statement with `?` bindings, arrays among them (they arrive as PostgreSQL arrays), and returns its rows. Under a `name` each
 * connection plans it once: for what is asked often and in no other words.
 */
export async function queryRows<T>(trx: Knex.Transaction, sql: string, bindings: readonly unknown[], name?: string): Promise<T[]> {
  const statement = trx.raw<{ rows: T[] }>(sql, bindings as Knex.RawBinding[]);
  return (await (name === undefined ? statement : statement.options({ name }))).rows;
}
