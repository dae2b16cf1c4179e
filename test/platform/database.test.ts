import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { asAccount, inPlatform, inTenant, openDatabase } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { useDatabases } from '../support/database.ts';
import { statementsOf } from '../support/statements.ts';

interface Settings {
  readonly tenant: string;
  readonly scope: string;
  readonly account: string;
}

async function settings(trx: Knex): Promise<Settings | undefined> {
  const { rows } = await trx.raw<{ rows: Settings[] }>(
    `select current_setting('app.tenant_id', true) as tenant, current_setting('app.scope', true) as scope, current_setting('app.account_id', true) as account`,
  );
  return rows[0];
}

describe('platform/database', () => {
  const databases = useDatabases();

  it('prints nothing when the database is away: what fails is thrown, and logs are written by the log alone', () => {
    const script = `
      import { openDatabase } from './platform/database.ts';
      const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
      await away.raw('select 1').then(() => process.exit(3), () => away.destroy());`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  }).timeout(20_000);

  it('sets the tenant for one transaction and leaves nothing behind on the connection', async () => {
    const tenantId = newId();
    const single = openDatabase(databases.urls.main, { poolMax: 1 });
    assert.deepEqual(await inTenant(single, tenantId, settings), { tenant: tenantId, scope: '', account: '' });
    const next = await single.transaction(settings);
    await single.destroy();
    assert.deepEqual(next, { tenant: '', scope: '', account: '' });
  });

  it('sets platform scope over the platform tenant, and an account without a tenant', async () => {
    const accountId = newId();
    assert.deepEqual(await inPlatform(databases.main, settings), { tenant: platformTenantId, scope: 'platform', account: '' });
    assert.deepEqual(await asAccount(databases.main, accountId, settings), { tenant: '', scope: '', account: accountId });
  });

  it('sends the scope together with BEGIN, in one round trip', async () => {
    const statements = await statementsOf(() => inTenant(databases.main, newId(), (trx) => trx.raw('select 1')));
    assert.equal(statements.length, 3);
    assert.match(statements[0] ?? '', /^BEGIN; SELECT set_config/);
    assert.deepEqual(statements.slice(1), ['select 1', 'COMMIT']);
  });

  it('rolls back when the work throws', async () => {
    const id = newId();
    const row = { id, slug: 'rolled-back', name: 'x', region: 'eu', plan: 'starter', status: 'active' };
    const failing = inPlatform(databases.main, async (trx) => {
      await trx('tenants').insert(row);
      throw new RangeError('stop');
    });
    await assert.rejects(failing, RangeError);
    assert.equal(await inPlatform(databases.main, (trx) => trx('tenants').where({ id }).first()), undefined);
  });

  it('refuses a tenant that is not an id, before it reaches the database', async () => {
    await assert.rejects(inTenant(databases.main, `' or true --`, settings), /named by an id/);
    await assert.rejects(inTenant(databases.main, '', settings), /named by an id/);
    await assert.rejects(asAccount(databases.main, '', settings), /named by an id/);
  });

  it('refuses a scope inside another transaction', async () => {
    const nested = inTenant(databases.main, newId(), (trx) => inTenant(trx, newId(), settings));
    await assert.rejects(nested, /not inside another transaction/);
  });

  it('keeps the scope in a nested savepoint', async () => {
    const tenantId = newId();
    const seen = await inTenant(databases.main, tenantId, (trx) => trx.transaction(settings));
    assert.equal(seen?.tenant, tenantId);
  });

  it('reads bigint as a safe number, timestamptz as Date, date and numeric as text', async () => {
    const { rows } = await databases.main.raw<{ rows: Record<string, unknown>[] }>(
      `select 9007199254740991::bigint as big, timestamptz '2026-02-03 04:05:06.789+02' as at, date '2012-02-29' as born, 1.10::numeric as exact, count(*) as n from pg_database where false`,
    );
    assert.deepEqual(rows[0], {
      big: 9_007_199_254_740_991,
      at: new Date('2026-02-03T02:05:06.789Z'),
      born: '2012-02-29',
      exact: '1.10',
      n: 0,
    });
  });

  it('refuses a bigint that a number cannot hold', async () => {
    await assert.rejects(databases.main.raw('select 9007199254740993::bigint as big'), RangeError);
    assert.ok(await databases.main.raw('select 1'));
  });
});
