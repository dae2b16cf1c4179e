import type { Knex } from 'knex';
import { defaultPolicy, type DunningPolicy } from '../../domain/dunning/policy.ts';
import { DunningPolicyRow } from '../models/dunning-policy.ts';

export const newestPolicyRow = (trx: Knex.Transaction, tenantId: string): Promise<DunningPolicyRow | undefined> =>
  DunningPolicyRow.query(trx).where({ tenant_id: tenantId }).orderBy('policy_version', 'desc').first().execute();

/** The policy that new runs of a school begin with: its newest, else everybody's. */
export const presentPolicy = async (trx: Knex.Transaction, tenantId: string): Promise<DunningPolicy> =>
  (await newestPolicyRow(trx, tenantId))?.policy ?? defaultPolicy;
