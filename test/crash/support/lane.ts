import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createStarter } from '../../../api/support/run-start.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import { newId } from '../../../platform/ids.ts';
import { createPayloadCodec } from '../../../platform/codec/payload-codec.ts';
import { createKeyring } from '../../../platform/keyring.ts';
import { createUploads } from '../../../platform/roster/uploads.ts';
import { createStorage } from '../../../platform/storage.ts';
import type { Process } from '../../../processes/support/define.ts';
import type { FaultRule } from '../../../sandboxes/support/faults.ts';
import type { Effect } from '../../../sandboxes/support/ledger.ts';
import { startSandbox, type Sandbox, type VendorName, vendorNames } from '../../../sandboxes/support/start.ts';
import { createDatabases } from '../../support/database.ts';
import { makeNamespace } from '../../support/namespace.ts';
import { servers } from '../../support/servers.ts';
import { timeTravel } from '../../support/time-travel.ts';
import { makeVault } from '../../support/vault.ts';
import { anonymous, difference } from './anonymous.ts';
import { createCrew, type Crew } from './crew.ts';
import type { Doom } from './protocol.ts';
import { linesOf, objectsOf } from './state.ts';
import type { Example } from './world.ts';

export interface Disturbance {
  readonly doom?: Doom;
  readonly fault?: { readonly vendor: VendorName } & FaultRule;
}
/** What one run came to. */
export interface Outcome {
  /** All that it left in every store and did at every vendor, a line each, with what is generated replaced. */
  readonly lines: readonly string[];
  /** What each activity wrote, in its first whole attempt. */
  readonly writes: ReadonlyMap<string, readonly string[]>;
  readonly effects: readonly Effect[];
  readonly deaths: number;
  /** What the last worker that died had printed. */
  readonly lastWords: string;
  readonly seconds: number;
}
/** A world of its own for one run at a time: databases, vault, vendors, Temporal namespace and workers. */
export interface Lane {
  run(process: Process, example: Example, disturbance?: Disturbance): Promise<Outcome>;
  close(): Promise<void>;
}

const endsWithinMs = 60_000;
const pusherApp = { appId: 'toolbox', key: 'toolbox-key', secret: 'toolbox-secret' };
type Sandboxes = Readonly<Record<VendorName, Sandbox>>;
type Parts = Awaited<ReturnType<typeof openParts>>;

async function openParts() {
  const [databases, vault] = await Promise.all([createDatabases(), makeVault()]);
  const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
  const { namespace, temporal } = await makeNamespace(timeTravel, createPayloadCodec(keyring.payloadKeys));
  const started = await Promise.all(
    vendorNames.map(async (vendor) => [vendor, await startSandbox(vendor, { pusher: pusherApp })] as const),
  );
  const sandboxes = Object.fromEntries(started) as Sandboxes;
  return { databases, vault, namespace, temporal, sandboxes, keyring, storage: createStorage(servers().s3) };
}

const environment = ({ databases, vault, namespace, sandboxes }: Parts, bundle: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  DATABASE_URL: databases.urls.main,
  KEYRING_DATABASE_URL: databases.urls.keyring,
  REDIS_URL: servers().redis.url,
  S3_ENDPOINT: servers().s3.endpoint,
  S3_ACCESS_KEY: servers().s3.accessKey,
  S3_SECRET_KEY: servers().s3.secretKey,
  VAULT_ADDR: vault.address,
  VAULT_TOKEN: vault.appToken,
  VAULT_TRANSIT_MOUNT: vault.mount,
  STRIPE_SECRET_KEY: 'sk_test_crash',
  STRIPE_API_BASE: sandboxes.stripe.url,
  SENDGRID_API_KEY: 'SG.test',
  SENDGRID_API_BASE: sandboxes.sendgrid.url,
  SENDGRID_ACTIVITY_LAG_SECONDS: '0',
  MAIL_FROM: 'hello@toolbox.example',
  PUSHER_APP_ID: pusherApp.appId,
  PUSHER_KEY: pusherApp.key,
  PUSHER_SECRET: pusherApp.secret,
  PUSHER_API_BASE: sandboxes.pusher.url,
  TEMPORAL_ADDRESS: servers().temporal.address,
  TEMPORAL_NAMESPACE: namespace,
  TEMPORAL_WORKFLOW_BUNDLE: bundle,
  PUBLIC_URL: 'https://toolbox.example',
  METRICS_PORT: '0',
  LOG_LEVEL: 'warn',
});

let named = 0;

/** @param bundle path of the workflows' bundle */
export async function openLane(bundle: string): Promise<Lane> {
  const parts = await openParts();
  const { databases, vault, temporal, sandboxes } = parts;
  let writes = new Map<string, readonly string[]>();
  const crew = createCrew(temporal, environment(parts, bundle), (activity, written) => {
    if (!writes.has(activity)) writes.set(activity, written);
  });
  return {
    async run(process, example, disturbance = {}) {
      writes = new Map();
      return { ...(await runOnce(parts, crew, process, example, disturbance)), writes };
    },
    async close() {
      await crew.stop();
      await temporal.close();
      await Promise.all([...Object.values(sandboxes).map((sandbox) => sandbox.stop()), databases.drop(), vault.remove()]);
    },
  };
}

async function runOnce(
  parts: Parts,
  crew: Crew,
  process: Process,
  example: Example,
  { doom, fault }: Disturbance,
): Promise<Omit<Outcome, 'writes'>> {
  const { databases, vault, sandboxes, storage } = parts;
  const { postgres, keyring, s3 } = servers();
  const stores = {
    main: { adminUrl: postgres.adminUrl, url: databases.urls.main },
    keyring: { adminUrl: keyring.adminUrl, url: databases.urls.keyring },
    vault,
    s3,
  };
  await Promise.all(Object.values(sandboxes).map(({ control }) => control.reset()));
  const faults = [...(example.faults ?? []), ...(fault ? [fault] : [])];
  for (const { vendor, ...rule } of faults) await sandboxes[vendor].control.addFault(rule);
  const name = `crash-${String((named += 1)).padStart(6, '0')}`;
  const input = process.input.parse(await example.input({ name, upload: (zip) => upload(parts, zip) }));
  const before = await linesOf(stores);
  await crew.doom(doom);
  const [died, beganAt] = [crew.deaths(), performance.now()];
  const { runId, status } = await runToItsEnd(parts, crew, process, input);
  const seconds = (performance.now() - beganAt) / 1_000;
  await crew.doom(undefined);

  const after = await linesOf(stores);
  const objects = await objectsOf(stores.s3, runId, uuidsIn(input));
  const effects = await ledgerOf(sandboxes);
  await storage.removeBucket(bucketOf(runId));
  const names = { RUN: runId, NAME: name };
  const lines = [
    `ends ${status}`,
    ...difference(before, after).map((line) => `- ${line}`),
    ...difference(after, before).map((line) => `+ ${line}`),
    ...objects,
    ...effects.map(({ vendor, operation, businessKey, body }) => `effect ${vendor} ${operation} ${businessKey} ${JSON.stringify(body)}`),
  ];
  return {
    lines: lines.map((line) => anonymous(line, names)).sort(),
    effects,
    deaths: crew.deaths() - died,
    lastWords: crew.lastWords(),
    seconds,
  };
}

/** Starts a run by the API's own means and waits for its end. */
async function runToItsEnd(
  { databases, keyring, temporal }: Parts,
  crew: Crew,
  process: Process,
  input: Readonly<Record<string, unknown>>,
): Promise<{ runId: string; status: string }> {
  const caller = { accountId: newId(), tenantId: platformTenantId, membershipId: newId(), sessionId: newId() };
  const session = { role: 'ops', tokenId: newId(), tokenExpiresAt: new Date(Date.now() + 900_000) } as const;
  const request = { process, caller: { ...caller, ...session }, requestId: newId(), input };
  const { id: runId } = await createStarter({ knex: databases.main, keyring, temporal })(request);
  const handle = temporal.client.workflow.getHandle(`${process.name}:${process.businessKey(input, platformTenantId)}`);
  const ended = handle.result().then(
    () => 'well',
    (error: unknown) => `with ${messagesOf(error).join(': ')}`,
  );
  const timer = new AbortController();
  const late = pause(endsWithinMs, undefined, { signal: timer.signal }).then(
    () => `not within ${endsWithinMs / 1_000} s; the worker said: ${crew.lastWords()}`,
    () => '',
  );
  const broken = crew.broken.then(() => `never: the workers end by themselves: ${crew.lastWords()}`);
  const status = await Promise.race([ended, late, broken]);
  timer.abort();
  return { runId, status };
}

const messagesOf = (error: unknown): string[] => (error instanceof Error ? [error.message, ...messagesOf(error.cause)] : []);

const uuidsIn = (input: object): string[] => JSON.stringify(input).match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];

async function upload({ databases, keyring, storage }: Parts, zip: Buffer): Promise<string> {
  const uploads = createUploads({ main: databases.main, keyring, storage });
  const stored = await uploads.receive({ tenantId: platformTenantId, accountId: newId(), requestId: newId(), body: Readable.from([zip]) });
  return stored.id;
}

/** What each vendor did, reads excluded. What may be heard twice by design is counted once: its id tells, and receivers drop the second. */
async function ledgerOf(sandboxes: Sandboxes): Promise<Effect[]> {
  const ledgers = await Promise.all(Object.values(sandboxes).map(({ control }) => control.ledger()));
  const heard = new Set<string>();
  return ledgers
    .flat()
    .filter(({ vendor, businessKey }) => vendor !== 'pusher' || !businessKey || (!heard.has(businessKey) && heard.add(businessKey)));
}
