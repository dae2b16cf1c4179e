import { type PostgresAddress, vaultStorage } from './parts/postgres.ts';
import type { RedisAddress } from './parts/redis.ts';
import type { S3Address } from './parts/s3.ts';
import { vendorNames, vendors, type SandboxAddress, type VendorName } from './parts/sandbox.ts';
import type { TemporalAddress } from './parts/temporal.ts';
import type { VaultAddress } from './parts/vault.ts';
import type { Up } from './part.ts';

/** What data and keys live in. */
export interface Stores {
  readonly postgres: Up<PostgresAddress>;
  readonly keyring: Up<PostgresAddress>;
  readonly vault: Up<VaultAddress>;
}
/** Everything the product stands on, up. */
export interface Servers extends Stores {
  readonly temporal: Up<TemporalAddress>;
  readonly s3: Up<S3Address>;
  readonly redis: Up<RedisAddress>;
  readonly sandboxes: Readonly<Record<VendorName, Up<SandboxAddress>>>;
}

const storesEnvironment = ({ postgres, keyring, vault }: Stores): NodeJS.ProcessEnv => ({
  DATABASE_URL: postgres.address.url,
  KEYRING_DATABASE_URL: keyring.address.url,
  VAULT_ADDR: vault.address.url,
});

/** The environment of the set-up, which alone has the owners' and the vault's full powers. */
export const setupEnvironment = (env: NodeJS.ProcessEnv, stores: Stores): NodeJS.ProcessEnv => ({
  ...env,
  ...storesEnvironment(stores),
  DATABASE_OWNER_URL: stores.postgres.address.ownerUrl,
  KEYRING_OWNER_URL: stores.keyring.address.ownerUrl,
  VAULT_ADMIN_TOKEN: stores.vault.address.token,
});
const onlyForSetup: readonly string[] = ['DATABASE_OWNER_URL', 'KEYRING_OWNER_URL', 'VAULT_ADMIN_TOKEN', 'DEMO_PASSWORD'];

/** The worker's alone: what ends the traces of destroyed keys, and what reads the whole keyring to back it up. */
export const workerEnvironment = (env: NodeJS.ProcessEnv, { keyring, vault }: Stores, backupRecipient: string): NodeJS.ProcessEnv => ({
  ...env,
  KEYRING_BACKUP_RECIPIENT: env['KEYRING_BACKUP_RECIPIENT'] || backupRecipient,
  KEYRING_SHREDDER_URL: keyring.address.shredderUrl,
  KEYRING_BACKUP_URL: keyring.address.backupUrl,
  // An OpenBao that runs elsewhere keeps its state elsewhere, and is backed up there.
  ...(vault.pid ? { KEYRING_BACKUP_VAULT_DATABASE: vaultStorage.name } : {}),
});
const onlyForWorker: readonly string[] = ['KEYRING_SHREDDER_URL', 'KEYRING_BACKUP_URL', 'KEYRING_BACKUP_VAULT_DATABASE'];

/** The environment of the API and the worker: ours, without the set-up's powers, with the addresses of what runs. */
export function productEnvironment(env: NodeJS.ProcessEnv, servers: Servers): NodeJS.ProcessEnv {
  const { temporal, s3, redis, sandboxes } = servers;
  const withheld = [...onlyForSetup, ...onlyForWorker];
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !withheld.includes(name))),
    ...Object.assign({}, ...vendorNames.map((name) => vendorEnvironment(name, sandboxes[name], env))),
    ...storesEnvironment(servers),
    TEMPORAL_ADDRESS: temporal.address.address,
    ...(temporal.address.ui ? { TEMPORAL_UI_URL: temporal.address.ui } : {}),
    S3_ENDPOINT: s3.address.endpoint,
    S3_ACCESS_KEY: s3.address.accessKey,
    S3_SECRET_KEY: s3.address.secretKey,
    REDIS_URL: redis.address.url,
    ...generousLimits(env),
    // The demo account is to be tried at once: it has no authenticator app.
    MFA_REQUIRED: env['MFA_REQUIRED'] || (env['NODE_ENV'] === 'production' ? 'true' : 'false'),
  };
}

/** On one machine everybody comes from one address, and most as one account. */
const generousLimits = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  RATE_LIMIT_ACCOUNT: env['RATE_LIMIT_ACCOUNT'] || '120000',
  RATE_LIMIT_TENANT: env['RATE_LIMIT_TENANT'] || '3000000',
  RATE_LIMIT_ADDRESS: env['RATE_LIMIT_ADDRESS'] || '1200000',
});

function vendorEnvironment(name: VendorName, { address, pid }: Up<SandboxAddress>, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // Without a process here it is the vendor itself, or a sandbox elsewhere: the address and keys are in our environment.
  if (!pid) return {};
  const mail = {
    MAIL_FROM: env['MAIL_FROM'] || 'ToolboxAI <no-reply@toolbox.example>',
    SENDGRID_ACTIVITY_LAG_SECONDS: env['SENDGRID_ACTIVITY_LAG_SECONDS'] || '0',
  };
  const experiences = { ROBLOX_UNIVERSE_IDS: env['ROBLOX_UNIVERSE_IDS'] || '1001' };
  const more = { sendgrid: mail, roblox: experiences, stripe: {}, pusher: {} }[name];
  return { [vendors[name].base]: address.url, ...vendors[name].keys, ...more };
}
