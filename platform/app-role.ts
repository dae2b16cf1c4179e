import type { Knex } from 'knex';

/**
 * Makes the role the app connects as, when it is not there and the owner may make roles: without it no migration can grant a thing.
 * `url` is the app's own: its user and password become the role's. Errors: the server's, when the owner may not.
 */
export async function ensureAppRole(owner: Knex, url: string): Promise<void> {
  const { username, password } = new URL(url);
  const role = decodeURIComponent(username);
  if (await owner('pg_roles').where({ rolname: role }).first('rolname')) return;
  const sql = `select format('create role %I login password %L', ?::text, nullif(?::text, '')) as statement`;
  const { rows } = await owner.raw<{ rows: { statement: string }[] }>(sql, [role, decodeURIComponent(password)]);
  for (const { statement } of rows) await owner.raw(statement.replaceAll('?', '\\?')); // a question mark in a password is no binding
}
