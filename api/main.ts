import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { createBilling } from '../platform/billing.ts';
import { type Clock, createClock } from '../platform/clock.ts';
import { createPayloadCodec } from '../platform/codec/payload-codec.ts';
import { type Config, ConfigurationError, readConfig } from '../platform/config.ts';
import { lastDays, readBillingMetrics } from '../platform/billing-metrics.ts';
import { acrossSchools, openDatabase, openKeyring } from '../platform/database.ts';
import { createIdentity } from '../platform/identity.ts';
import { createKeyNews } from '../platform/key-news.ts';
import { createKeyring } from '../platform/keyring.ts';
import { bufferedOutput, createLogger } from '../platform/logger.ts';
import { createResetThrottle } from '../platform/identity/reset-throttle.ts';
import { createSignInThrottle } from '../platform/identity/sign-in-throttle.ts';
import { createCertificateKeys } from '../platform/privacy/certificate-keys.ts';
import { createPseudonyms } from '../platform/pseudonyms.ts';
import { createPush } from '../platform/push.ts';
import { createRateLimits } from '../platform/rate-limits.ts';
import { openRedis } from '../platform/redis.ts';
import { createRunHintFeed } from '../platform/run-hints.ts';
import { openTemporal } from '../platform/temporal.ts';
import { createExportDesk } from '../platform/privacy/export-desk.ts';
import { createUploads } from '../platform/roster/uploads.ts';
import { createRobloxWebhook } from '../platform/roblox-webhook.ts';
import { createStorage } from '../platform/storage.ts';
import { createStripe } from '../platform/stripe.ts';
import { createTokens } from '../platform/tokens.ts';
import { createStripeWebhook } from '../platform/stripe-webhook.ts';
import { createVault } from '../platform/vault.ts';
import { loadPolicies } from '../policies/index.ts';
import { loadProcesses } from '../processes/support/registry.ts';
import { createApp } from './app.ts';
import { checksOf } from './support/checks.ts';
import { createHttpServer } from './support/http-server.ts';
import { createMetrics, serveMetrics } from './support/metrics.ts';
import { createNudge } from './support/nudge.ts';
import { closeServer } from './support/shutdown.ts';

const audience = 'toolbox-api';
/** Requests under way get this long to end when the process is told to stop; live streams are cut off then and come back elsewhere. */
const drainMs = 10_000;
/** Nobody waits longer for a page. */
const statementMs = 15_000;

/**
 * Until Redis answers what fails closed is refused, until the keyring does each API counts alone, and until the database does no token is
 * read: they get a moment before anybody asks.
 */
const settled = async (redis: Redis, ready: readonly Promise<void>[]): Promise<void> => {
  const connected = redis.status === 'ready' || new Promise((resolve) => redis.once('ready', resolve));
  await Promise.race([Promise.allSettled([connected, ...ready]), sleep(2_000, undefined, { ref: false })]);
};

/** Resolves when both are reached, to them and the port that people take. */
async function listen(server: Server, metricsServer: Server, { api: { host, port }, metricsPort }: Config) {
  await Promise.all([once(server.listen(port, host), 'listening'), once(metricsServer.listen(metricsPort, host), 'listening')]);
  return { server, metricsServer, port: (server.address() as AddressInfo).port };
}

/** What is kept in the object store, for whoever may have it. */
const filesOf = (deps: Parameters<typeof createUploads>[0] & Parameters<typeof createExportDesk>[0]) => ({
  uploads: createUploads(deps),
  exports: createExportDesk(deps),
});

/** Who reads what vendors send, and has it looked at. */
const webhooksOf = ({ stripeWebhook, robloxWebhook }: Config, clock: Clock, nudge: (process: string) => () => void) => ({
  nudgeMirror: nudge('mirror-billing'),
  nudgeErasures: nudge('take-roblox-erasures'),
  stripeWebhook: createStripeWebhook({ ...stripeWebhook, clock }),
  robloxWebhook: createRobloxWebhook({ ...robloxWebhook, clock }),
});

/** The composition root of the API: opens what it stands on, serves, and closes in reverse. */
async function start(): Promise<void> {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel, service: 'api', destination: bufferedOutput() });
  const main = openDatabase(config.database.url, { poolMax: 20, pipeline: true, statementMs });
  const keyringDatabase = openKeyring(config.keyring.url, { poolMax: 10, pipeline: true, statementMs });
  const [vault, clock] = [createVault(config.vault), createClock(main)];
  const [redis, subscriber] = [openRedis(config.redis, log), openRedis(config.redis, log)];
  const keyring = createKeyring({ knex: keyringDatabase, vault, news: createKeyNews({ redis, logger: log }) });
  const codec = createPayloadCodec(keyring.payloadKeys);
  const temporal = openTemporal(config.temporal, { codec });
  const tokens = createTokens({ vault, issuer: config.publicUrl, audience, clock });
  const { of: pseudonym, ready } = createPseudonyms(keyring, log);
  const throttle = createSignInThrottle({ redis, pseudonym, failures: config.signInFailures });
  const { mfaRequired, breakGlassMaxMinutes } = config;
  const identity = createIdentity({ main, keyring, vault, tokens, redis, throttle, mfaRequired, breakGlassMaxMinutes, clock });
  const metrics = createMetrics(() => acrossSchools(main, (trx) => readBillingMetrics(trx, lastDays(clock()))));
  let draining = false;

  const app = createApp({
    log,
    metrics,
    clock,
    main,
    keyring,
    keyringDatabase,
    identity,
    temporal,
    codec,
    policies: await loadPolicies(),
    resets: createResetThrottle({ redis, pseudonym }),
    limits: createRateLimits({ redis, pseudonym, settings: config.rateLimits }),
    trustedProxies: config.trustedProxies,
    processes: await loadProcesses(),
    push: createPush(config.push),
    ...webhooksOf(config, clock, (process) => createNudge({ temporal, log }, process)),
    certificateKeys: createCertificateKeys(vault),
    billing: createBilling(createStripe(config.stripe), clock),
    publicUrl: config.publicUrl,
    ...filesOf({ main, keyring, vault, storage: createStorage(config.storage, clock) }),
    hints: createRunHintFeed({ redis: subscriber, logger: log }),
    temporalUiUrl: config.temporalUiUrl,
    checks: checksOf({ main, keyringDatabase, vault, redis, temporal }),
    draining: () => draining,
  });
  await settled(redis, [ready, clock.known()]);
  const { server, metricsServer, port } = await listen(createHttpServer(app.callback()), serveMetrics(metrics), config);

  const stop = async (signal: string): Promise<void> => {
    if (draining) return;
    draining = true;
    log.info({ signal }, 'stopping');
    await Promise.all([closeServer(server, drainMs), closeServer(metricsServer, 0)]);
    for (const close of [() => keyring.close(), () => redis.disconnect(), () => subscriber.disconnect()]) close();
    await Promise.all([temporal.close(), main.destroy(), keyringDatabase.destroy()]);
    log.info({ signal }, 'stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  log.info({ host: config.api.host, port, pid: process.pid }, 'ready');
}

try {
  await start();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
