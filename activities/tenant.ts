import type { Knex } from 'knex';
import { TenantExistsError, UnknownPlanError } from '../domain/errors.ts';
import { findPlan, planIds } from '../domain/plans.ts';
import { platformTenantId } from '../domain/roles.ts';
import type { RunContext } from '../domain/run.ts';
import type { Region } from '../domain/tenant.ts';
import { audit } from '../platform/audit.ts';
import { inPlatform, inTenant } from '../platform/database.ts';
import { Tenant, TenantSettings } from '../platform/models/tenant.ts';

export interface TenantDeps {
  readonly knex: Knex;
}
export interface ReserveSlugInput {
  readonly tenantId: string;
  readonly slug: string;
  readonly name: string;
  readonly region: Region;
  readonly plan: string;
  readonly timeZone?: string | undefined;
  readonly locale?: string | undefined;
  readonly inviteStaff: boolean;
  readonly run: RunContext;
}
interface OfTenant {
  readonly tenantId: string;
  readonly run: RunContext;
}

export const createTenantActivities = ({ knex }: TenantDeps) => ({
  /** Safe to retry: it only reads. Refuses an unknown plan and a taken slug, before anything is made. */
  async checkSchool({ slug, plan }: { readonly slug: string; readonly plan: string }): Promise<void> {
    if (!findPlan(plan)) throw new UnknownPlanError(plan, planIds);
    const taken = await inPlatform(knex, async (trx) => Tenant.query(trx).findOne({ slug }).select('id'));
    if (taken) throw new TenantExistsError(slug);
  },
  /** Safe to retry: the id is the caller's, so a second attempt meets its own row. Somebody else's slug is a refusal. */
  async reserveSlug(input: ReserveSlugInput): Promise<void> {
    const { tenantId, run, inviteStaff } = input;
    await inPlatform(knex, async (trx) => {
      if (await insertTenant(trx, input)) await audit(trx, entryOf('tenant.reserve', tenantId, run));
    });
    await inTenant(knex, tenantId, async (trx) => {
      await TenantSettings.query(trx).insert({ tenant_id: tenantId, invite_staff: inviteStaff }).onConflict('tenant_id').ignore();
    });
  },
  /** Safe to retry, and when nothing was reserved. Removes the tenant and every row that hangs on it. */
  async releaseSlug({ tenantId, run }: OfTenant): Promise<void> {
    await inPlatform(knex, async (trx) => {
      const gone = await Tenant.query(trx).deleteById(tenantId);
      if (gone > 0) await audit(trx, entryOf('tenant.release', tenantId, run));
    });
  },
  /** Safe to retry: only a tenant that is being onboarded is opened, and said so once. */
  async activateTenant({ tenantId, run }: OfTenant): Promise<void> {
    await moveTenant(knex, { tenantId, run, from: 'onboarding', to: 'active', action: 'tenant.activate' });
  },
  /** Safe to retry, and when the tenant was never opened. */
  async deactivateTenant({ tenantId, run }: OfTenant): Promise<void> {
    await moveTenant(knex, { tenantId, run, from: 'active', to: 'onboarding', action: 'tenant.deactivate' });
  },
});
export type TenantActivities = ReturnType<typeof createTenantActivities>;

const entryOf = (action: string, tenantId: string, { runId, startedBy, requestId }: RunContext) => ({
  // The registry is the platform's: so is the record of what was done to it.
  tenantId: platformTenantId,
  action,
  objectType: 'tenant',
  objectId: tenantId,
  actorId: startedBy,
  requestId,
  runId,
});

/** Resolves to false when the row is there already. Throws TenantExistsError when the slug is another tenant's. */
async function insertTenant(
  trx: Knex.Transaction,
  { tenantId, slug, name, region, plan, timeZone, locale, run }: ReserveSlugInput,
): Promise<boolean> {
  const row = {
    id: tenantId,
    slug,
    name,
    region,
    plan,
    status: 'onboarding' as const,
    onboarding_run_id: run.runId,
    ...(timeZone ? { time_zone: timeZone } : {}),
    ...(locale ? { locale } : {}),
  };
  const made = await trx('tenants').insert(row).onConflict().ignore().returning('id');
  if (made.length > 0) return true;
  if (await Tenant.query(trx).findById(tenantId).select('id')) return false;
  throw new TenantExistsError(slug);
}

interface Move extends OfTenant {
  readonly from: 'onboarding' | 'active';
  readonly to: 'onboarding' | 'active';
  readonly action: string;
}
async function moveTenant(knex: Knex, { tenantId, run, from, to, action }: Move): Promise<void> {
  await inPlatform(knex, async (trx) => {
    const moved = await Tenant.query(trx).where({ id: tenantId, status: from }).patch({ status: to });
    if (moved > 0) await audit(trx, entryOf(action, tenantId, run));
  });
}
