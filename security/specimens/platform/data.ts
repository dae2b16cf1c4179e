// What is the platform's to do.
// ok: no-connection-beside-the-platform
const database = knex({ client: 'pg' });
// ok: no-statement-from-pieces
const joined = await queryRows(trx, `${stateSql} where id = ?`, [id]);
// ok: no-values-in-sql
const rows = transaction.query(connection, `BEGIN; ${settings}`);
// ruleid: no-values-in-sql
const all = database.raw(`select * from ${table}`);
