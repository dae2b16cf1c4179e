import type { Knex } from 'knex';
import type { Model, ModelClass } from 'objection';
import { runStatement } from './transaction.ts';

/** A model that names every column of its table. */
type WithColumns<M extends Model> = (new () => M) &
  Pick<ModelClass<M>, 'tableName' | 'fromDatabaseJson'> & { readonly columns: readonly string[] };

/**
 * Reads rows by the values of some columns, in a scoped transaction, for what is read all the time: the statement is built once and planned
 * once a connection. Its columns are named one by one, because a plan of `*` breaks when a migration adds one.
 */
export function rowReader<M extends Model>(model: WithColumns<M>, by: readonly (keyof M & string)[], order = '') {
  const list = model.columns.map((name) => `"${name}"`).join(', ');
  const where = by.map((name, at) => `"${name}" = $${at + 1}`).join(' and ');
  const statement = {
    text: `select ${list} from "${model.tableName}" where ${where} ${order}`,
    name: `${model.tableName} by ${by.join(', ')}`,
  };
  return async (trx: Knex.Transaction, ...values: readonly string[]): Promise<M[]> => {
    const rows = await runStatement<object>(trx, { ...statement, values });
    return rows.map((row) => model.fromDatabaseJson(row));
  };
}
