import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Worker } from '@temporalio/worker';
import { vendorQueues } from '../domain/task-queues.ts';
import { createBilling } from '../platform/billing.ts';
import { type Clock, createClock } from '../platform/clock.ts';
import { dataConverterOf } from '../platform/codec/data-converter.ts';
import { createPatientCodec } from '../platform/codec/patient-codec.ts';
import { createPayloadCodec } from '../platform/codec/payload-codec.ts';
import { type Config, ConfigurationError, readConfig } from '../platform/config.ts';
import { openDatabase, openKeyring } from '../platform/database.ts';
import { createKeyringBackups } from '../platform/keyring-backups.ts';
import { createKeyNews } from '../platform/key-news.ts';
import { createKeyring } from '../platform/keyring.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { createMail } from '../platform/mail.ts';
import { createPush } from '../platform/push.ts';
import { createPseudonyms } from '../platform/pseudonyms.ts';
import { openRedis } from '../platform/redis.ts';
import { createRunNotifier } from '../platform/run-hints.ts';
import { createRoblox } from '../platform/roblox.ts';
import { createStorage } from '../platform/storage.ts';
import { createStripe } from '../platform/stripe.ts';
import { openTemporal } from '../platform/temporal.ts';
import { createShredder } from '../platform/shred-keys.ts';
import { createTenantKeyRotation } from '../platform/tenant-key-rotation.ts';
import { createVault } from '../platform/vault.ts';
import { loadProcesses } from '../processes/support/registry.ts';
import { createActivities } from './activities.ts';
import { findBundle } from './bundle.ts';
import { createCrew } from './crew.ts';
import { checkHeap } from './heap.ts';
import { activityInterceptors } from './interceptors.ts';
import { makeCurrent } from './make-current.ts';
import { putSchedules } from './schedules.ts';
import { databaseConnections, installRuntime, mainSettings, vendorSettings } from './settings.ts';
import { runEventSinks } from './sinks.ts';

/** What the worker needs and the API must not have. */
function given(name: string, value: string | undefined): string {
  if (value === undefined) throw new ConfigurationError([`${name}: is missing`]);
  return value;
}

function backupSource({ keyringBackup }: Config) {
  const url = given('KEYRING_BACKUP_URL', keyringBackup.url);
  return { ...keyringBackup, url, recipient: given('KEYRING_BACKUP_RECIPIENT', keyringBackup.recipient) };
}

/** Opens what activities act on; `close` closes it, in reverse. */
function open(config: Config, log: Logger) {
  const [knex, keyringDatabase] = [
    openDatabase(config.database.url, { poolMax: databaseConnections, pipeline: true }),
    openKeyring(config.keyring.url, { poolMax: 15 }),
  ];
  const vault = createVault(config.vault);
  const redis = openRedis(config.redis, log);
  const push = createPush(config.push);
  const hints = createRunNotifier({ redis, push, logger: log });
  const keyring = createKeyring({ knex: keyringDatabase, vault, news: createKeyNews({ redis, logger: log }) });
  const clock = createClock(knex);
  const codec = createPatientCodec(createPayloadCodec(keyring.payloadKeys));
  const temporal = openTemporal(config.temporal, { codec });
  const storage = createStorage(config.storage);
  const activities = createActivities({
    knex,
    keyring,
    keyringDatabase,
    redis,
    pseudonyms: createPseudonyms(keyring, log),
    temporal,
    vault,
    push,
    hints,
    billing: createBilling(createStripe(config.stripe), clock),
    mirrorRequestsPerSecond: config.vendorRates.stripe / 2,
    mail: createMail(config.mail),
    storage,
    roblox: createRoblox(config.roblox),
    publicUrl: config.publicUrl,
    shredder: createShredder({ url: given('KEYRING_SHREDDER_URL', config.keyring.shredderUrl) }),
    tenantKeyRotation: createTenantKeyRotation({ knex: keyringDatabase, vault }),
    keyringBackups: createKeyringBackups({ knex, storage, source: backupSource(config) }),
  });
  const close = async (): Promise<void> => {
    await hints.drained();
    keyring.close();
    redis.disconnect();
    await temporal.close();
    await Promise.all([knex.destroy(), keyringDatabase.destroy()]);
  };
  return { activities, clock, hints, codec, close };
}

const againMs = 1_000;
async function untilKnown({ known }: Clock, log: Logger): Promise<void> {
  for (;;) {
    const [asked] = await Promise.allSettled([known()]);
    if (asked.status === 'fulfilled') return;
    log.warn({ part: 'main', err: asked.reason }, 'waiting for the database');
    await sleep(againMs);
  }
}

interface Crewing extends ReturnType<typeof open> {
  readonly config: Config;
  readonly connection: NativeConnection;
  readonly version: { readonly deploymentName: string; readonly buildId: string };
  readonly codePath: string;
}

/** A worker of the SDK for each queue that has activities: the main one with the workflows, those of vendors without. */
async function createWorkers({ config, connection, version, codePath, activities, hints, codec }: Crewing): Promise<Worker[]> {
  const { namespace } = config.temporal;
  const shared = { connection, namespace, dataConverter: dataConverterOf(codec), interceptors: { activity: [activityInterceptors] } };
  const workflows = { workflowBundle: { codePath }, sinks: runEventSinks(hints) };
  return Promise.all([
    Worker.create({ ...shared, ...mainSettings(config, version), ...workflows, activities: activities.main }),
    ...vendorQueues
      .filter((queue) => Object.keys(activities[queue]).length > 0)
      .map((queue) => Worker.create({ ...shared, ...vendorSettings(config, version, queue), activities: activities[queue] })),
  ]);
}

/** The composition root of the worker: one process polls every queue. Returns after a signal, once running activities have drained. */
async function start(): Promise<void> {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel, service: 'worker' });
  checkHeap(log);
  installRuntime(config, log);
  const { codePath, buildId } = await findBundle(config.workflowBundle);
  const { connectionOptions, namespace } = config.temporal;
  const connection = await NativeConnection.connect(connectionOptions);
  const opened = open(config, log);
  // Before anything is read of a vendor: the newest answer is told by it. Without the database there is nothing to do anyway.
  await untilKnown(opened.clock, log);
  const version = { deploymentName: 'toolbox', buildId };
  const workers = await createWorkers({ ...opened, config, connection, version, codePath });
  const queues = workers.map(({ options }) => options.taskQueue);
  const crew = createCrew(workers);
  try {
    const running = crew.run();
    const begin = async (): Promise<void> => {
      await makeCurrent(connection, { namespace, ...version }, queues);
      await putSchedules({ connection, namespace, dataConverter: dataConverterOf(opened.codec) }, (await loadProcesses()).all);
    };
    await Promise.race([running, begin()]);
    if (crew.isRunning()) log.info({ buildId, taskQueue: queues.join(', '), pid: process.pid }, 'ready');
    await running;
  } finally {
    crew.shutdown();
    await opened.close();
    await connection.close();
    log.info({ buildId }, 'stopped');
  }
}

try {
  await start();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
