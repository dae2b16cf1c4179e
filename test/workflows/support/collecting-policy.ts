import type { Knex } from 'knex';
import type { DunningPolicy } from '../../../domain/dunning/policy.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { DunningPolicyRow } from '../../../platform/models/dunning-policy.ts';

/** Gives a school a policy of its own. */
export const keepPolicy = (main: Knex, tenantId: string, policy: DunningPolicy): Promise<unknown> =>
  inTenant(main, tenantId, async (trx) =>
    DunningPolicyRow.query(trx).insert({ tenant_id: tenantId, policy_version: policy.version, policy, created_by: newId() }),
  );
