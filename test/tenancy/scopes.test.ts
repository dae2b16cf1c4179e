import assert from 'node:assert/strict';
import { acrossSchools, asAccount, inPlatform, inTenant } from '../../platform/database.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { newId } from '../../platform/ids.ts';
import { useDatabases } from '../support/database.ts';
import { isTenantTable, readCatalogue } from './catalogue.ts';
import { plant, type Planted } from './rows.ts';

/** What the platform sees of all tenants beside the registry, and why. It writes none of it. */
const seenByPlatform: Readonly<Record<string, string>> = {
  tenants: 'the registry itself',
  audit_heads: 'an id, a number and a hash each: the logs of tenants that are gone are verified too',
  break_glass_accesses: 'accesses of its own staff; why they were opened is sealed under the keys of the school',
};
const denied = { code: '42501' };

describe('scopes beyond one tenant', () => {
  const databases = useDatabases();
  const school = newId();
  let planted: Planted;
  before(async () => {
    planted = await plant(databases.main, await readCatalogue(databases.main), school);
  });

  it('lets the platform list all tenants and the accesses of its staff, and see nothing else of them', async () => {
    const tables = (await readCatalogue(databases.main)).filter(isTenantTable);
    await inPlatform(databases.main, async (trx) => {
      assert.ok(await trx('tenants').where({ id: school }).first());
      for (const { name } of tables.filter((table) => table.name !== 'tenants'))
        assert.equal((await trx(name).where({ tenant_id: school })).length, name in seenByPlatform ? 1 : 0, name);
    });
  });

  it('lets the platform neither change nor remove nor make what it sees of a tenant', async () => {
    const row = { ...planted['break_glass_accesses'], id: newId() };
    await inPlatform(databases.main, async (trx) => {
      assert.equal(await trx('break_glass_accesses').update({ ended_at: new Date() }), 0);
      assert.equal(await trx('break_glass_accesses').delete(), 0);
    });
    await assert.rejects(
      inPlatform(databases.main, (trx) => trx('break_glass_accesses').insert(row)),
      denied,
    );
  });

  it('takes no access of platform staff for longer than four hours, none as the staff itself, and none to the platform', async () => {
    const row = { ...planted['break_glass_accesses'], id: newId() };
    const [opened_at, expires_at] = [new Date(), new Date(Date.now() + 4 * 3600_000 + 1_000)];
    for (const changes of [{ opened_at, expires_at }, { role: 'ops' }])
      await assert.rejects(
        inTenant(databases.main, school, (trx) => trx('break_glass_accesses').insert({ ...row, ...changes })),
        { code: '23514' },
      );
    await assert.rejects(
      inPlatform(databases.main, (trx) => trx('break_glass_accesses').insert({ ...row, tenant_id: platformTenantId })),
      { code: '23514' },
    );
  });

  it('lets totals be made of invoices and payments, and of nothing else, and writes nothing', async () => {
    const tables = (await readCatalogue(databases.main)).filter(isTenantTable);
    const added = ['invoices', 'payments'];
    await acrossSchools(databases.main, async (trx) => {
      for (const { name } of tables.filter((table) => table.name !== 'tenants'))
        assert.equal((await trx(name).where({ tenant_id: school })).length, added.includes(name) ? 1 : 0, name);
      assert.deepEqual(await trx('tenants').where({ id: school }), []);
    });
    for (const name of added)
      await assert.rejects(
        acrossSchools(databases.main, (trx) => trx(name).delete()),
        { code: '25006' },
      );
  });

  it('lets an account read its own memberships and nothing else, and write none', async () => {
    const accountId = String(planted['accounts']?.['id']);
    const rows = await asAccount(databases.main, accountId, (trx) => trx('memberships'));
    assert.deepEqual(
      rows.map(({ id }: { id: string }) => id),
      [planted['memberships']?.['id']],
    );
    assert.deepEqual(await asAccount(databases.main, newId(), (trx) => trx('memberships')), []);
    assert.deepEqual(await asAccount(databases.main, accountId, (trx) => trx('people')), []);
    assert.equal(await asAccount(databases.main, accountId, (trx) => trx('memberships').update({ role: 'tenant_admin' })), 0);
    assert.equal(await asAccount(databases.main, accountId, (trx) => trx('memberships').delete()), 0);
  });

  it('lets a tenant neither make nor remove tenants', async () => {
    const row = { id: school, slug: 'second-self', name: 'x', region: 'eu', plan: 'starter', status: 'active' };
    await assert.rejects(
      inTenant(databases.main, school, (trx) => trx('tenants').insert({ ...row, id: newId() })),
      denied,
    );
    assert.equal(await inTenant(databases.main, school, (trx) => trx('tenants').delete()), 0);
  });

  it('knows platform roles in the platform tenant only', async () => {
    for (const role of ['super_admin', 'ops', 'compliance']) {
      const raise = inTenant(databases.main, school, (trx) => trx('memberships').update({ role }));
      await assert.rejects(raise, { code: '23514' }, role);
      await assert.rejects(
        inTenant(databases.main, school, (trx) => trx('invitations').update({ role })),
        { code: '23514' },
        role,
      );
    }
  });

  it('refuses a session in the membership of another account', async () => {
    const accountId = newId();
    await databases.main('accounts').insert({ id: accountId });
    const row = { ...planted['sessions'], id: newId(), account_id: accountId };
    await assert.rejects(databases.main('sessions').insert(row), { code: '23503' });
  });
});
