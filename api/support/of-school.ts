import { z } from 'zod';
import { NotFoundError } from '../../domain/errors.ts';
import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import type { Caller } from './caller.ts';

/** Query of what the platform's staff may also do to a school. */
export const tenantIdOfSchool = z.uuid().describe("Which school it is about, when the platform's staff asks");

/** Whose data a request is about: one's own tenant's, or for the platform's staff any. Throws NotFoundError, as for what there is none of. */
export function tenantSpokenOf(caller: Caller, tenantId = caller.tenantId, what = 'tenant'): string {
  if (tenantId !== caller.tenantId && caller.tenantId !== platformTenantId) throw new NotFoundError(what);
  return tenantId;
}

/** Staff, acting for a school that exists. Throws NotFoundError. */
export async function inSchool(main: Knex, caller: Caller, asked: string): Promise<Caller> {
  const tenantId = tenantSpokenOf(caller, asked);
  const school = await inTenant(main, tenantId, async (trx) => Tenant.query(trx).findById(tenantId));
  if (!school) throw new NotFoundError('tenant');
  return { ...caller, tenantId };
}
