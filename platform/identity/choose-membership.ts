import type { Knex } from 'knex';
import { AccountSuspendedError, ForbiddenError, TenantSuspendedError } from '../../domain/errors.ts';
import { platformTenantId, roles } from '../../domain/roles.ts';
import type { TenantStatus } from '../../domain/tenant.ts';
import { asAccount, inPlatform } from '../database.ts';
import { Membership } from '../models/membership.ts';
import { Tenant } from '../models/tenant.ts';

/** A tenant that is being set up already takes its first administrator. */
export const takesSignIns = (status: TenantStatus): boolean => status === 'active' || status === 'onboarding';

const rank = ({ tenant_id, role }: Membership): number => (tenant_id === platformTenantId ? 0 : roles.length) + roles.indexOf(role);

/**
 * The membership an account signs in with: in the wanted tenant (id or slug), else the platform's first, then the most powerful.
 * Throws TenantSuspendedError, AccountSuspendedError (the membership is), or ForbiddenError when there is none.
 */
export async function chooseMembership(main: Knex, accountId: string, wanted: string | undefined): Promise<Membership> {
  const own = await asAccount(main, accountId, async (trx) => Membership.query(trx).where({ account_id: accountId }));
  const tenantIds = own.map(({ tenant_id }) => tenant_id);
  const tenants = await inPlatform(main, async (trx) => Tenant.query(trx).findByIds(tenantIds).select('id', 'slug', 'status'));
  const tenantOf = ({ tenant_id }: Membership): Tenant | undefined => tenants.find(({ id }) => id === tenant_id);

  const fitting = own.filter((membership) => !wanted || membership.tenant_id === wanted || tenantOf(membership)?.slug === wanted);
  const active = fitting.filter(({ status }) => status === 'active');
  const usable = active.filter((membership) => takesSignIns(tenantOf(membership)?.status ?? 'closed'));
  const [best] = usable.toSorted((one, other) => rank(one) - rank(other) || (one.id < other.id ? -1 : 1));
  if (best) return best;
  if (active.some((membership) => tenantOf(membership)?.status === 'suspended')) throw new TenantSuspendedError();
  if (fitting.length > active.length) throw new AccountSuspendedError();
  throw new ForbiddenError('sign in to', 'this school');
}
