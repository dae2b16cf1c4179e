import assert from 'node:assert/strict';
import { planIds } from '../../domain/plans.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Tenant, TenantSettings } from '../../platform/models/tenant.ts';
import { runOf, useMaking } from './support/school-in-making.ts';

describe('activities/tenant', () => {
  const making = useMaking();
  const school = (slug: string) => {
    const run = runOf();
    return { tenantId: run.runId, slug, name: 'Lincoln High', region: 'eu' as const, plan: 'school', inviteStaff: false, run };
  };
  const find = (id: string) => inPlatform(making.databases.main, async (trx) => Tenant.query(trx).findById(id));
  const recorded = async (objectId: string): Promise<string[]> =>
    (await inTenant(making.databases.main, platformTenantId, (trx) =>
      trx('audit_log').where({ object_id: objectId }).orderBy('seq').pluck('action'),
    )) as string[];

  it('reserves a name once, however often it is tried, and records it once', async () => {
    const input = { ...school('once'), timeZone: 'Europe/Vienna', locale: 'de' };
    await making.tenants.reserveSlug(input);
    await making.tenants.reserveSlug(input);
    const row = await find(input.tenantId);
    assert.deepEqual(
      [row?.slug, row?.status, row?.time_zone, row?.locale, row?.onboarding_run_id],
      ['once', 'onboarding', 'Europe/Vienna', 'de', input.run.runId],
    );
    assert.deepEqual(await recorded(input.tenantId), ['tenant.reserve']);
    const settings = await inTenant(making.databases.main, input.tenantId, async (trx) => TenantSettings.query(trx));
    assert.deepEqual(
      settings.map(({ invite_staff: inviteStaff }) => inviteStaff),
      [false],
    );
  });

  it("refuses another's name, before and while reserving", async () => {
    await making.tenants.reserveSlug(school('taken'));
    const refusal = { code: 'tenant-exists', status: 409, details: { slug: 'taken' } };
    await assert.rejects(making.tenants.checkSchool({ slug: 'taken', plan: 'school' }), refusal);
    await assert.rejects(making.tenants.reserveSlug(school('taken')), refusal);
  });

  it('refuses a plan there is not, and says which there are', async () => {
    await assert.rejects(making.tenants.checkSchool({ slug: 'free-name', plan: 'gold' }), {
      code: 'unknown-plan',
      details: { plan: 'gold', known: planIds },
    });
    await making.tenants.checkSchool({ slug: 'free-name', plan: 'starter' });
  });

  it('opens a reserved school once and closes it again', async () => {
    const input = school('opens');
    await making.tenants.reserveSlug(input);
    for (const [act, status] of [
      ['activateTenant', 'active'],
      ['deactivateTenant', 'onboarding'],
    ] as const) {
      await making.tenants[act](input);
      await making.tenants[act](input);
      assert.equal((await find(input.tenantId))?.status, status);
    }
    assert.deepEqual(await recorded(input.tenantId), ['tenant.reserve', 'tenant.activate', 'tenant.deactivate']);
  });

  it('releases a name with every row of the tenant, twice, and where nothing was reserved', async () => {
    const input = school('released');
    await making.tenants.reserveSlug(input);
    await making.tenants.releaseSlug(input);
    await making.tenants.releaseSlug(input);
    await making.tenants.releaseSlug({ tenantId: newId(), run: input.run });
    assert.equal(await find(input.tenantId), undefined);
    assert.deepEqual(await recorded(input.tenantId), ['tenant.reserve', 'tenant.release']);
    await making.tenants.reserveSlug(school('released'));
  });
});
