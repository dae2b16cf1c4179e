import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import pg from 'pg';
import { createRosterActivities } from '../activities/roster.ts';
import { generateSchool } from '../cli/support/generate-school.ts';
import { zipFolder } from '../cli/support/zip-folder.ts';
import { platformTenantId } from '../domain/roles.ts';
import { bucketOf } from '../domain/tenant.ts';
import { inPlatform, openDatabase, openKeyring } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { createKeyring } from '../platform/keyring.ts';
import { Person } from '../platform/models/person.ts';
import { createUploads } from '../platform/roster/uploads.ts';
import { createStorage } from '../platform/storage.ts';
import { createVault } from '../platform/vault.ts';
import type { OwnStack } from '../test/support/own-stack.ts';
import { copyInto } from './support/bare-copy.ts';
import { type Comparison, rateOf } from './support/compare.ts';

/** So many that a batch is written while others are prepared for most of the time, as in a district. */
const users = 12_000;
/** What an import writes to the main cluster, parents first. */
const tables = ['org_units', 'people', 'classes', 'enrollments', 'guardianships'] as const;
const sealed = Object.keys(Person.pii);

/** A whole import of a school, against COPY of the rows it makes. */
export async function compareRoster({ description }: OwnStack): Promise<Comparison & { close(): Promise<void> }> {
  const main = openDatabase(description.postgres.url);
  const ring = openKeyring(description.keyring.url);
  const vault = createVault({ address: description.vault.url, token: description.vault.token });
  const storage = createStorage(description.s3);
  const keyring = createKeyring({ knex: ring, vault });
  const uploads = createUploads({ main, keyring, storage });
  const { importRoster } = createRosterActivities({ knex: main, keyring, storage });
  const zip = await generated();
  const client = new pg.Client({
    connectionString: description.postgres.adminUrl?.replace(/\/postgres$/, new URL(description.postgres.url).pathname),
  });
  await client.connect();
  let imported: { tenantId: string; rows: number } | undefined;

  /** Rows a second of an import into a new school. */
  async function ours(): Promise<number> {
    const tenantId = newId();
    await vault.createTenantKey(tenantId);
    const tenant = { id: tenantId, slug: `b-${tenantId.slice(-12)}`, name: 'Bench', region: 'eu', plan: 'district', status: 'onboarding' };
    await inPlatform(main, (trx) => trx('tenants').insert(tenant));
    await storage.ensureBucket(bucketOf(tenantId));
    const sent = { tenantId: platformTenantId, accountId: newId(), requestId: newId(), body: createReadStream(zip) };
    const { id: uploadId } = await uploads.receive(sent);
    const input = { tenantId, uploadTenantId: platformTenantId, uploadId, runId: newId() };
    const began = performance.now();
    await new MockActivityEnvironment().run(importRoster as never, input as never);
    const seconds = (performance.now() - began) / 1_000;
    const rows = await countRows(client, tenantId);
    imported = { tenantId, rows };
    return rows / seconds;
  }

  /** Rows a second of the same rows, in memory before, their personal fields encrypted on the way, into tables of the same shape. */
  async function bare(): Promise<number> {
    if (!imported) await ours();
    const { tenantId, rows } = imported ?? { tenantId: '', rows: 0 };
    const read = new Map<string, CopyRow[]>();
    for (const table of tables) read.set(table, await readRows(client, table, tenantId));
    for (const table of tables)
      await client.query(`drop table if exists bench_${table}; create table bench_${table} (like ${table} including all)`);
    return rateOf(rows, async () => {
      await client.query('begin');
      for (const table of tables) await copyTable(client, table, tenantId, read.get(table) ?? []);
      await client.query('commit');
    });
  }

  return {
    name: 'roster import',
    what: `importing a school of ${users} users (unzip, check, encrypt, keys and blind indexes in the keyring), against COPY of the same rows encrypted by node:crypto`,
    unit: 'rows/s',
    target: 0.5,
    limitedBy: 'one core of the worker: parsing, blind indexes and wrapped keys in the second cluster, which the bare way does not make',
    ours,
    bare,
    close: async () => {
      await client.end();
      await Promise.all([main.destroy(), ring.destroy()]);
      rmSync(join(zip, '..'), { recursive: true });
    },
  };
}

async function generated(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-bench-'));
  await generateSchool({ users, seed: 1, out: join(folder, 'school') });
  await zipFolder(join(folder, 'school'), join(folder, 'school.zip'));
  return join(folder, 'school.zip');
}

async function countRows(client: pg.Client, tenantId: string): Promise<number> {
  let rows = 0;
  for (const table of tables) {
    const { rows: found } = await client.query<{ n: number }>(`select count(*)::int as n from ${table} where tenant_id = $1`, [tenantId]);
    rows += found[0]?.n ?? 0;
  }
  return rows;
}

type CopyRow = readonly (string | null)[];

async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const sql = 'select column_name as name from information_schema.columns where table_name = $1 order by ordinal_position';
  return (await client.query<{ name: string }>(sql, [table])).rows.map(({ name }) => name);
}

/** The rows as text for COPY; of a sealed field, its length as plain text stands for it. */
async function readRows(client: pg.Client, table: string, tenantId: string): Promise<CopyRow[]> {
  const columns = await columnsOf(client, table);
  const texts = columns.map((name) => (isSealed(table, name) ? `repeat('x', length(${name}) - 29)` : `${name}::text`));
  const sql = `select ${texts.join(', ')} from ${table} where tenant_id = $1`;
  return (await client.query<(string | null)[]>({ text: sql, values: [tenantId], rowMode: 'array' })).rows;
}

const isSealed = (table: string, column: string): boolean => table === 'people' && sealed.includes(column);

async function copyTable(client: pg.Client, table: string, tenantId: string, rows: readonly CopyRow[]): Promise<void> {
  const columns = await columnsOf(client, table);
  const idAt = columns.indexOf('id');
  function* chunks(): Generator<Buffer> {
    for (let at = 0; at < rows.length; at += 500) {
      const lines = rows.slice(at, at + 500).map((row) => {
        const key = table === 'people' ? randomBytes(32) : undefined;
        return row
          .map((text, column) => cell(text, columns[column] ?? '', key, `${tenantId}|${table}|${columns[column]}|${row[idAt]}`))
          .join('\t');
      });
      yield Buffer.from(`${lines.join('\n')}\n`);
    }
  }
  await copyInto(client, `copy bench_${table} (${columns.join(', ')}) from stdin`, chunks);
}

function cell(text: string | null, column: string, key: Buffer | undefined, place: string): string {
  if (text === null) return String.raw`\N`;
  if (!key || !sealed.includes(column)) return text.replaceAll('\\', String.raw`\\`);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(place));
  const bytes = Buffer.concat([Buffer.from([1]), nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  return String.raw`\\x` + bytes.toString('hex');
}
