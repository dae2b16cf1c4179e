import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { UnavailableError } from '../../domain/errors.ts';
import type { Temporal } from '../../platform/temporal.ts';
import type { Vault } from '../../platform/vault.ts';
import type { Check } from '../routes/health.ts';

export interface CheckedParts {
  readonly main: Knex;
  readonly keyringDatabase: Knex;
  readonly vault: Pick<Vault, 'isHealthy'>;
  readonly redis: Pick<Redis, 'ping'>;
  readonly temporal: Temporal;
}

/**
 * Without the databases and the vault nobody signs in. Without Temporal runs answer 503 and the rest is served; without Redis only live
 * hints are lost: taking every API out of service for them would make a small outage a whole one.
 */
export const checksOf = ({ main, keyringDatabase, vault, redis, temporal }: CheckedParts): Readonly<Record<string, Check>> => ({
  database: { needed: true, probe: () => main.raw('select 1') },
  keyring: { needed: true, probe: () => keyringDatabase.raw('select 1') },
  vault: {
    needed: true,
    probe: async () => {
      if (!(await vault.isHealthy())) throw new UnavailableError('The vault');
    },
  },
  redis: { needed: false, probe: () => redis.ping() },
  temporal: { needed: false, probe: () => temporal.within(2_000, () => temporal.client.workflowService.getSystemInfo({})) },
});
