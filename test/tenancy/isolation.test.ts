import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { useDatabases } from '../support/database.ts';
import { isTenantTable, readCatalogue, tenantColumn, type Table } from './catalogue.ts';
import { buildRow, plant, type Planted, type Row } from './rows.ts';

/** Tables without a tenant, and why. A new one fails the test until somebody says so here. */
const platformWide: Readonly<Record<string, string>> = {
  accounts: 'an account logs in platform-wide; its personal data is sealed under its own key',
  account_mfa: 'asked for before a tenant is chosen; sealed under the own key of its account',
  sessions: 'found by a token before the tenant is known; hangs on one membership',
  refresh_tokens: 'hashes only; found by a token before the tenant is known',
  key_generation: 'one number: how often keys were destroyed',
  key_shreddings: 'when destroyed keys were taken out of the files; closed to the app',
  knex_migrations: 'the history of the schema; closed to the app',
  knex_migrations_lock: 'the same',
};
/** Unique keys of tenant tables that are not led by the tenant, and why nobody learns a thing from them. */
const openKeys: Readonly<Record<string, string>> = {
  tenants_pkey: 'the registry itself: only the platform inserts',
  tenants_slug_key: 'a slug is public: it is the address of the school',
  memberships_account_id_id_key: 'what a session hangs on: to meet it, one must know both ids already',
};

type Clusters = 'main' | 'keyring';
const denied = { code: '42501' };
const where = (table: Table, tenantId: string): Row => ({ [tenantColumn(table)]: tenantId });

for (const cluster of ['main', 'keyring'] as const satisfies readonly Clusters[]) {
  describe(`isolation of tenants in the ${cluster} cluster`, () => {
    const databases = useDatabases();
    const [attacker, victim] = [newId(), newId()];
    let app: Knex;
    let all: readonly Table[];
    let tables: readonly Table[];
    let own: Planted;
    let others: Planted;

    const snapshot = (tenantId: string): Promise<string> =>
      inTenant(app, tenantId, async (trx) => {
        const rows: Row = {};
        for (const table of tables) rows[table.name] = await trx(table.name).where(where(table, tenantId));
        return JSON.stringify(rows);
      });
    const may = (privilege: string): readonly Table[] => tables.filter(({ privileges }) => privileges.includes(privilege));
    /** Rolled back in the end, so that each table is tried on the same rows. */
    async function attempt<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T | { code: string; constraint?: string }> {
      const results: T[] = [];
      try {
        await inTenant(app, attacker, async (trx) => {
          results.push(await work(trx));
          throw new RangeError('rolled back');
        });
      } catch (error) {
        if (!(error instanceof RangeError)) return error as { code: string; constraint?: string };
      }
      return results[0] as T;
    }

    before(async () => {
      app = databases[cluster];
      all = await readCatalogue(app);
      tables = all.filter(isTenantTable);
      own = await plant(app, all, attacker);
      others = await plant(app, all, victim);
    });

    it('forces row security on every tenant table, and knows why each other table has no tenant', () => {
      assert.ok(tables.length >= (cluster === 'main' ? 17 : 3));
      assert.deepEqual(
        tables.filter(({ secured, forced }) => !secured || !forced).map(({ name }) => name),
        [],
      );
      assert.deepEqual(
        all.filter((table) => !isTenantTable(table) && !(table.name in platformWide)).map(({ name }) => name),
        [],
      );
    });

    it('gives the app a role that owns nothing, is nobody else and cannot bypass row security', async () => {
      const { rows } = await app.raw<{ rows: Row[] }>(
        `select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, (select count(*) from pg_auth_members m where m.member = r.oid) as memberships from pg_roles r where rolname = current_user`,
      );
      const role = rows[0] ?? {};
      assert.deepEqual(
        Object.entries(role).filter(([name, value]) => name !== 'rolname' && value !== false && value !== 0),
        [],
      );
      assert.ok(all.every(({ owner }) => owner !== role['rolname']));
      for (const statement of [
        'create table public.mine (id int)',
        'create temporary table mine (id int)',
        'create schema mine',
        `set role ${all[0]?.owner}`,
      ])
        await assert.rejects(app.raw(statement), denied, statement);
    });

    it('has no view, and no function of the owner but those that link the audit log and write key tables anew', async () => {
      const views = await app.raw<{ rows: Row[] }>(
        `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')`,
      );
      assert.deepEqual(views.rows, []);
      const definers = await app.raw<{ rows: Row[] }>(
        `select proname as name, proconfig as settings from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`,
      );
      const link = { name: 'audit_log_link', settings: ['search_path=pg_catalog, public, pg_temp'] };
      const rewrite = { ...link, name: 'rewrite_key_tables' };
      assert.deepEqual(definers.rows, cluster === 'main' ? [link] : [rewrite]);
    });

    it('leads every key of a tenant table by the tenant, so that no conflict tells of a row elsewhere', () => {
      const open = tables.flatMap(({ uniques }) =>
        uniques.filter(({ name, columns }) => columns[0] !== 'tenant_id' && !(name in openKeys)),
      );
      assert.deepEqual(open, []);
      const crossing = tables.flatMap(({ foreignKeys }) =>
        foreignKeys.filter(({ parent, columns, parentColumns }) => {
          const target = all.find(({ name }) => name === parent);
          if (!target || !isTenantTable(target)) return parent !== 'accounts';
          return columns.indexOf('tenant_id') === -1 || columns.indexOf('tenant_id') !== parentColumns.indexOf(tenantColumn(target));
        }),
      );
      assert.deepEqual(crossing, []);
    });

    it('shows nothing while no tenant is set, not even to the owner', async () => {
      const owner = cluster === 'main' ? databases.owner : databases.keyringOwner;
      for (const { name } of tables) {
        assert.equal((await app(name)).length, 0, name);
        assert.equal((await owner(name)).length, 0, name);
      }
    });

    it('shows a tenant its own rows and nobody else, whatever it asks for', async () => {
      for (const table of tables) {
        const rows = await inTenant(app, attacker, (trx) => trx(table.name).select<Row[]>('*'));
        assert.ok(rows.length > 0, table.name);
        assert.deepEqual(
          rows.filter((row) => row[tenantColumn(table)] !== attacker),
          [],
          table.name,
        );
        const asked = await inTenant(app, attacker, (trx) => trx(table.name).where(where(table, victim)).count<{ count: number }[]>('*'));
        assert.deepEqual(asked, [{ count: 0 }], table.name);
      }
    });

    it('changes and removes nothing of another tenant, by name or by the lot', async () => {
      const before = await snapshot(victim);
      for (const table of may('UPDATE')) {
        const column = tenantColumn(table);
        const named = await attempt((trx) => trx(table.name).where(where(table, victim)).update(column, trx.ref(column)));
        // A statement that reads no column is held by the policy of its own command alone.
        const lot = await attempt((trx) => trx(table.name).update('created_at', new Date(0)));
        assert.deepEqual([named, lot], [0, 1], table.name);
      }
      for (const table of may('DELETE')) {
        const named = await attempt((trx) => trx(table.name).where(where(table, victim)).delete());
        const lot = await attempt((trx) => trx(table.name).delete());
        assert.deepEqual([named, lot], [0, table.name === 'tenants' ? 0 : 1], table.name);
      }
      assert.equal(await snapshot(victim), before);
    });

    it('takes no row for another tenant, and moves none to one', async () => {
      for (const table of may('INSERT')) {
        const outcome = await attempt((trx) => trx(table.name).insert(buildRow(table, victim, others)));
        assert.equal((outcome as { code?: string }).code, '42501', table.name);
      }
      for (const table of may('UPDATE')) {
        const outcome = await attempt((trx) => trx(table.name).where(where(table, attacker)).update(tenantColumn(table), victim));
        assert.equal((outcome as { code?: string }).code, '42501', table.name);
      }
    });

    it('takes the ids of another tenant for free ones', async () => {
      for (const table of may('INSERT').filter(({ name }) => name !== 'tenants')) {
        const fresh = buildRow(table, attacker, own);
        const referring = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
        const keys = table.uniques
          .filter(({ name }) => !(name in openKeys))
          .flatMap(({ columns }) => columns.filter((column) => !referring.has(column) && column !== 'tenant_id'));
        const copied = Object.fromEntries(keys.map((column) => [column, others[table.name]?.[column]]));
        const outcome = await attempt(async (trx) => {
          // Where a tenant has one row only, the new one takes the place of the old.
          if (keys.length === 0 && table.privileges.includes('DELETE')) await trx(table.name).delete();
          return await trx(table.name)
            .insert({ ...fresh, ...copied })
            .returning<Row[]>('tenant_id');
        });
        assert.deepEqual(outcome, [{ tenant_id: attacker }], table.name);
      }
    });

    it('answers a reference to another tenant as it answers one to nothing', async () => {
      let probed = 0;
      for (const table of may('INSERT')) {
        for (const key of table.foreignKeys.filter(({ parent }) => parent !== 'tenants' && parent !== 'accounts')) {
          const probe = async (target: Row): Promise<Row> => {
            const reference = Object.fromEntries(
              key.columns.map((column, index) => [column, column === 'tenant_id' ? attacker : target[key.parentColumns[index] ?? '']]),
            );
            const { code, constraint } = (await attempt((trx) =>
              trx(table.name).insert({ ...buildRow(table, attacker, own), ...reference }),
            )) as Row;
            return { code, constraint };
          };
          assert.deepEqual(await probe(others[key.parent] ?? {}), { code: '23503', constraint: key.name }, key.name);
          assert.deepEqual(await probe({ id: newId() }), { code: '23503', constraint: key.name }, key.name);
          probed++;
        }
      }
      assert.ok(probed >= (cluster === 'main' ? 7 : 0));
    });

    it('refuses to read around row security, and shows no statistics of guarded tables', async () => {
      const owner = cluster === 'main' ? databases.owner : databases.keyringOwner;
      await owner.raw('analyze');
      const guarded = tables.map(({ name }) => name);
      assert.equal(
        await inTenant(app, attacker, (trx) => trx('pg_stats').whereIn('tablename', guarded).count('*').first()).then(
          (row) => row?.['count'],
        ),
        0,
      );
      for (const name of guarded) {
        const around = inTenant(app, attacker, async (trx) => {
          await trx.raw('set local row_security = off');
          return await trx(name);
        });
        await assert.rejects(around, denied, name);
      }
    });
  });
}
