import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import Koa from 'koa';
import { Pool } from 'pg';

/**
 * The least that reads a tenant for a signed-in caller: Koa, pg, the same token verified with the same keys, the same query in one
 * transaction under the same row-level security. A program of its own: `bare-server.ts <database URL> <URL of the API>`.
 */
const [databaseUrl = '', apiUrl = ''] = process.argv.slice(2);
const jwks = (await (await fetch(`${apiUrl}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
const keys = createLocalJWKSet(jwks);
const pool = new Pool({ connectionString: databaseUrl, max: 20 });
const scope = `BEGIN; SELECT set_config('app.tenant_id', `;

const app = new Koa();
app.use(async (ctx) => {
  const { payload } = await jwtVerify(ctx.get('authorization').slice(7), keys, { algorithms: ['RS256'] });
  const tenantId = String(payload['tid']);
  if (!/^[0-9a-f-]{36}$/.test(tenantId)) ctx.throw(401);
  const client = await pool.connect();
  try {
    await client.query(`${scope}'${tenantId}', true)`);
    const { rows } = await client.query('select * from tenants where id = $1 limit 1', [tenantId]);
    await client.query('COMMIT');
    ctx.body = rows[0] as object;
  } finally {
    client.release();
  }
});
const handle = app.callback();
const server = createServer((request, response) => void handle(request, response));
await once(server.listen(0, '127.0.0.1'), 'listening');
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
