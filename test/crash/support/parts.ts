import { createPayloadCodec } from '../../../platform/codec/payload-codec.ts';
import { dataConverterOf } from '../../../platform/codec/data-converter.ts';
import { createKeyring, type Keyring } from '../../../platform/keyring.ts';
import { createStorage, type Storage } from '../../../platform/storage.ts';
import { openTemporal, readTemporalSettings, type Temporal } from '../../../platform/temporal.ts';
import { loadProcesses } from '../../../processes/support/registry.ts';
import { startSandbox, type Sandbox, type VendorName, vendorNames } from '../../../sandboxes/support/start.ts';
import { putSchedules } from '../../../workers/schedules.ts';
import { backupRecipient } from '../../support/backup-recipient.ts';
import { createDatabases, type Databases } from '../../support/database.ts';
import { makeNamespace } from '../../support/namespace.ts';
import { servers } from '../../support/servers.ts';
import { timeTravel } from '../../support/time-travel.ts';
import { makeVault, type TestVault } from '../../support/vault.ts';
import type { Stores } from './state.ts';

const pusherApp = { appId: 'toolbox', key: 'toolbox-key', secret: 'toolbox-secret' };
export type Sandboxes = Readonly<Record<VendorName, Sandbox>>;

/** A platform of one lane's own, without its worker. */
export interface Parts {
  readonly databases: Databases;
  readonly keyring: Keyring;
  readonly vault: TestVault;
  readonly storage: Storage;
  readonly sandboxes: Sandboxes;
  /** Runs started by it skip idle time. */
  readonly temporal: Temporal;
  /** Runs started by it live in real time. */
  readonly plain: Temporal;
  /** What is compared. */
  readonly stores: Stores;
  close(): Promise<void>;
}

export async function openParts(): Promise<Parts> {
  const [databases, vault] = await Promise.all([createDatabases(), makeVault()]);
  const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
  const codec = createPayloadCodec(keyring.payloadKeys);
  const { namespace, temporal } = await makeNamespace(timeTravel, codec);
  const plain = openTemporal(readTemporalSettings({ TEMPORAL_ADDRESS: servers().temporal.address, TEMPORAL_NAMESPACE: namespace }), {
    codec,
  });
  await pauseSchedules(temporal, codec);
  const started = await Promise.all(
    vendorNames.map(async (vendor) => [vendor, await startSandbox(vendor, { pusher: pusherApp })] as const),
  );
  const sandboxes = Object.fromEntries(started) as Sandboxes;
  const { postgres, keyring: ring, s3 } = servers();
  const stores = {
    main: { adminUrl: postgres.adminUrl, url: databases.urls.main },
    keyring: { adminUrl: ring.adminUrl, url: databases.urls.keyring },
    vault,
    s3,
  };
  const close = async (): Promise<void> => {
    await Promise.all([temporal.close(), plain.close()]);
    await Promise.all([...Object.values(sandboxes).map((sandbox) => sandbox.stop()), databases.drop(), vault.remove()]);
  };
  return { databases, keyring, vault, storage: createStorage(s3), sandboxes, temporal, plain, stores, close };
}

/** What would begin by itself at the full hour would be taken for what a run left: made before the worker makes it, it stays paused. */
async function pauseSchedules({ client, namespace }: Temporal, codec: Parameters<typeof dataConverterOf>[0]): Promise<void> {
  const { all } = await loadProcesses();
  await putSchedules({ connection: client.connection, namespace, dataConverter: dataConverterOf(codec) }, all);
  const scheduled = all.filter(({ schedule }) => schedule);
  await Promise.all(scheduled.map(({ name }) => client.schedule.getHandle(name).pause()));
}

/** What the worker is told. @param bundle path of the workflows' bundle */
export function environmentOf({ databases, vault, sandboxes, temporal }: Parts, bundle: string): NodeJS.ProcessEnv {
  const { redis, s3 } = servers();
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: databases.urls.main,
    KEYRING_DATABASE_URL: databases.urls.keyring,
    KEYRING_SHREDDER_URL: databases.urls.keyringShredder,
    KEYRING_BACKUP_URL: databases.urls.keyringBackup,
    KEYRING_BACKUP_RECIPIENT: backupRecipient,
    REDIS_URL: redis.url,
    S3_ENDPOINT: s3.endpoint,
    S3_ACCESS_KEY: s3.accessKey,
    S3_SECRET_KEY: s3.secretKey,
    VAULT_ADDR: vault.address,
    VAULT_TOKEN: vault.appToken,
    VAULT_TRANSIT_MOUNT: vault.mount,
    STRIPE_SECRET_KEY: 'sk_test_crash',
    STRIPE_WEBHOOK_SECRET: 'whsec_test',
    STRIPE_API_BASE: sandboxes.stripe.url,
    SENDGRID_API_KEY: 'SG.test',
    SENDGRID_API_BASE: sandboxes.sendgrid.url,
    SENDGRID_ACTIVITY_LAG_SECONDS: '0',
    MAIL_FROM: 'hello@toolbox.example',
    PUSHER_APP_ID: pusherApp.appId,
    PUSHER_KEY: pusherApp.key,
    PUSHER_SECRET: pusherApp.secret,
    PUSHER_API_BASE: sandboxes.pusher.url,
    ROBLOX_API_KEY: 'rbx-sandbox',
    ROBLOX_WEBHOOK_SECRET: 'roblox-secret',
    ROBLOX_API_BASE: sandboxes.roblox.url,
    ROBLOX_UNIVERSE_IDS: '1001',
    // An activity at once: what is compared is what is done, not how often.
    ROBLOX_REQUESTS_PER_SECOND: '1000',
    TEMPORAL_ADDRESS: servers().temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_WORKFLOW_BUNDLE: bundle,
    PUBLIC_URL: 'https://toolbox.example',
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
  };
}
