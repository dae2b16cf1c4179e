import type { Knex } from 'knex';
import { defaultPolicy, type DunningPolicy } from '../../domain/dunning/policy.ts';
import { inTenant } from '../database.ts';
import { DunningPolicyRow } from '../models/dunning-policy.ts';

/** The policy that new runs of a school begin with: its newest, else everybody's. */
export const presentPolicy = (knex: Knex, tenantId: string): Promise<DunningPolicy> =>
  inTenant(knex, tenantId, async (trx) => {
    const newest = await DunningPolicyRow.query(trx).where({ tenant_id: tenantId }).orderBy('policy_version', 'desc').first();
    return newest?.policy ?? defaultPolicy;
  });
