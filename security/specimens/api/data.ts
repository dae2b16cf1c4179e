// What security/rules/data.yaml must find (`ruleid` before the line), and what it must let pass (`ok`).
// ruleid: no-values-in-sql
knex.raw(`select * from people where id = '${id}'`);
// ruleid: no-values-in-sql
knex.raw('select * from people where id = ' + id);
// ruleid: no-values-in-sql
people.whereRaw(`id = '${id}'`);
// ruleid: no-values-in-sql
people.orderByRaw('name ' + direction);
// ruleid: no-values-in-sql
people.havingRaw(`count(*) > ${least}`);
// ruleid: no-statement-from-pieces
await queryRows(trx, `select 1 from ${table}`);
// ruleid: no-statement-from-pieces
await queryRows(trx, 'select 1 from ' + table);
// ok: no-statement-from-pieces
await queryRows(trx, 'select 1 from people where id = ?', [id]);
// ok: no-values-in-sql
people.whereRaw('id = ?', [id]);
// ok: no-values-in-sql
knex.raw(`select 1`);

// ruleid: no-connection-beside-the-platform
const database = knex({ client: 'pg' });
// ruleid: no-connection-beside-the-platform
const pool = new Pool({ max: 1 });
// ruleid: no-connection-beside-the-platform
const client = new pg.Client(url);
// ruleid: no-connection-beside-the-platform
const other = new Client({ connectionString: url });
// ok: no-connection-beside-the-platform
const temporal = new Client({ connection });
// ok: no-connection-beside-the-platform
const opened = openDatabase(url);

// ruleid: no-plain-comparison-of-proofs
if (signature === expected) accept();
// ruleid: no-plain-comparison-of-proofs
if (expected !== request.hmac) refuse();
// ruleid: no-plain-comparison-of-proofs
const same = row.passwordDigest === given;
// ok: no-plain-comparison-of-proofs
if (timingSafeEqual(signature, expected)) accept();
// ok: no-plain-comparison-of-proofs
if (signature === undefined) refuse();
// ok: no-plain-comparison-of-proofs
if (status === 'signed') accept();

// ruleid: no-console-in-the-product
console.log(person);
// ruleid: no-console-in-the-product
console.error(error);
// ok: no-console-in-the-product
log.info({ requestId }, 'request');
