import type { PostgresAddress } from './parts/postgres.ts';
import type { RedisAddress } from './parts/redis.ts';
import type { S3Address } from './parts/s3.ts';
import { vendorNames, vendors, type SandboxAddress, type VendorName } from './parts/sandbox.ts';
import type { TemporalAddress } from './parts/temporal.ts';
import type { VaultAddress } from './parts/vault.ts';
import type { Up } from './part.ts';

/** Everything the product stands on, up. */
export interface Servers {
  readonly postgres: Up<PostgresAddress>;
  readonly keyring: Up<PostgresAddress>;
  readonly temporal: Up<TemporalAddress>;
  readonly s3: Up<S3Address>;
  readonly redis: Up<RedisAddress>;
  readonly vault: Up<VaultAddress>;
  readonly sandboxes: Readonly<Record<VendorName, Up<SandboxAddress>>>;
}

/** What only the set-up may know: the owners' and the vault's full powers. */
export const setupEnvironment = ({ postgres, keyring, vault }: Servers): NodeJS.ProcessEnv => ({
  DATABASE_OWNER_URL: postgres.address.ownerUrl,
  KEYRING_OWNER_URL: keyring.address.ownerUrl,
  VAULT_ADMIN_TOKEN: vault.address.token,
});

/** The environment of the API and the worker: ours, without the set-up's powers, with the addresses of what runs. */
export function productEnvironment(env: NodeJS.ProcessEnv, servers: Servers): NodeJS.ProcessEnv {
  const { postgres, keyring, temporal, s3, redis, vault, sandboxes } = servers;
  const ours = Object.fromEntries(Object.entries(env).filter(([name]) => !(name in setupEnvironment(servers)) && name !== 'DEMO_PASSWORD'));
  return {
    ...ours,
    ...Object.assign({}, ...vendorNames.map((name) => vendorEnvironment(name, sandboxes[name], env))),
    DATABASE_URL: postgres.address.url,
    KEYRING_DATABASE_URL: keyring.address.url,
    TEMPORAL_ADDRESS: temporal.address.address,
    ...(temporal.address.ui ? { TEMPORAL_UI_URL: temporal.address.ui } : {}),
    S3_ENDPOINT: s3.address.endpoint,
    S3_ACCESS_KEY: s3.address.accessKey,
    S3_SECRET_KEY: s3.address.secretKey,
    REDIS_URL: redis.address.url,
    VAULT_ADDR: vault.address.url,
  };
}

function vendorEnvironment(name: VendorName, { address, pid }: Up<SandboxAddress>, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // Without a process here it is the vendor itself, or a sandbox elsewhere: the address and keys are in our environment.
  if (!pid) return {};
  const mail = {
    MAIL_FROM: env['MAIL_FROM'] || 'ToolboxAI <no-reply@toolbox.example>',
    SENDGRID_ACTIVITY_LAG_SECONDS: env['SENDGRID_ACTIVITY_LAG_SECONDS'] || '0',
  };
  return { [vendors[name].base]: address.url, ...vendors[name].keys, ...(name === 'sendgrid' ? mail : {}) };
}
