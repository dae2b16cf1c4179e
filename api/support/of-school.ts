import type { Knex } from 'knex';
import { z } from 'zod';
import { NotFoundError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import type { Caller } from './caller.ts';
import { found } from './find.ts';

/** Query of what the platform's staff may also do to a school. */
export const tenantIdOfSchool = z.uuid().describe("Which school it is about, when the platform's staff asks");

/** Whose data a request is about: one's own tenant's, or for the platform's staff any. Throws NotFoundError, as for what there is none of. */
export function tenantSpokenOf(caller: Caller, tenantId = caller.tenantId, what = 'tenant'): string {
  if (tenantId !== caller.tenantId && caller.tenantId !== platformTenantId) throw new NotFoundError(what);
  return tenantId;
}

/** Reads or writes what a school has. Throws NotFoundError when there is no such school. */
export const ofSchool = <T>(main: Knex, tenantId: string, use: (trx: Knex.Transaction) => Promise<T>): Promise<T> =>
  inTenant(main, tenantId, async (trx) => {
    found(await Tenant.query(trx).findById(tenantId), 'tenant');
    return use(trx);
  });
/** Staff, acting for a school that exists. Throws NotFoundError. */
export async function inSchool(main: Knex, caller: Caller, asked: string): Promise<Caller> {
  const tenantId = tenantSpokenOf(caller, asked);
  return ofSchool(main, tenantId, async () => ({ ...caller, tenantId }));
}
