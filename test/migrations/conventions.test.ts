import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { useDatabases } from '../support/database.ts';
import { isTenantTable, readCatalogue, type Table } from '../tenancy/catalogue.ts';

/** Append-only: what is never changed has no version. */
const appendOnly = ['audit_log', 'audit_heads', 'certificates', 'consents'];

describe('the schema', () => {
  const databases = useDatabases();
  let tables: readonly Table[];

  before(async () => {
    const catalogues = await Promise.all([databases.owner, databases.keyringOwner].map((knex: Knex) => readCatalogue(knex)));
    tables = catalogues.flat().filter(({ name }) => !name.startsWith('knex_'));
  });

  it('gives every tenant table a tenant, its times and a version', () => {
    const wanted = { created_at: 'timestamp with time zone', updated_at: 'timestamp with time zone', version: 'integer' };
    const lacking = tables
      .filter((table) => isTenantTable(table) && !appendOnly.includes(table.name))
      .filter(
        ({ columns }) =>
          !Object.entries(wanted).every(([name, type]) => columns.some((column) => column.name === name && column.type === type)),
      );
    assert.deepEqual(
      lacking.map(({ name }) => name),
      [],
    );
  });

  it('keeps times in UTC, ids as uuid and money as integers with a currency', () => {
    const columns = tables.flatMap(({ name: table, columns: all }) => all.map((column) => ({ ...column, table })));
    const bad = columns.filter(
      ({ name, type }) =>
        /timestamp without|^time|^numeric|^real|^double|^money/.test(type.replace('timestamp with time zone', '')) ||
        (/(^|_)id$/.test(name) && !['uuid', 'text', 'bytea'].includes(type)),
    );
    assert.deepEqual(bad, []);
    const money = columns.filter(({ name }) => /amount/.test(name));
    assert.ok(money.length > 0);
    assert.deepEqual(
      money.filter(({ name, type }) => !name.endsWith('_minor') || type !== 'bigint'),
      [],
    );
    assert.deepEqual(
      money.filter(({ table }) => !columns.some((column) => column.table === table && column.name === 'currency')),
      [],
    );
  });

  it('leaves ids to the application: no table makes its own', () => {
    const made = tables.flatMap(({ name, columns }) =>
      columns.filter((column) => column.name === 'id' && !column.required).map(() => name),
    );
    assert.deepEqual(made, []);
  });

  it('has an index for every foreign key, so that removing a parent reads no whole table', async () => {
    const { rows } = await databases.owner.raw<{ rows: unknown[] }>(`
      select f.conname from pg_constraint f where f.contype = 'f' and not exists (
        select from pg_index i where i.indrelid = f.conrelid and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey)`);
    assert.deepEqual(rows, []);
  });

  it('counts a version up and moves updated_at with every change, whatever the writer says', async () => {
    const id = newId();
    const row = { id, slug: 'touched', name: 'x', region: 'eu', plan: 'starter', status: 'active' };
    const read = () =>
      inPlatform(databases.main, (trx) => trx('tenants').where({ id }).first()) as Promise<{
        version: number;
        updated_at: Date;
        created_at: Date;
      }>;
    await inPlatform(databases.main, (trx) => trx('tenants').insert(row));
    const before = await read();
    await inTenant(databases.main, id, (trx) => trx('tenants').update({ name: 'y', version: 77, updated_at: new Date(0) }));
    const after = await read();
    assert.deepEqual([before.version, after.version], [1, 2]);
    assert.ok(after.updated_at >= before.updated_at && after.created_at.getTime() === before.created_at.getTime());
  });

  it('is changed by migrations that are named for what they do and can be undone', () => {
    for (const cluster of ['main', 'keyring']) {
      const folder = new URL(`../../migrations/${cluster}/`, import.meta.url);
      const files = readdirSync(folder);
      assert.deepEqual(
        files.filter((file) => !/^\d{14}_(expand|backfill|contract)_[a-z0-9_]+\.ts$/.test(file)),
        [],
      );
      assert.equal(new Set(files.map((file) => file.slice(0, 14))).size, files.length);
      const oneWay = files.filter((file) => !/export async function down/.test(readFileSync(new URL(file, folder), 'utf8')));
      assert.deepEqual(oneWay, []);
    }
  });
});
