import { Readable } from 'node:stream';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type Stripe from 'stripe';
import { platformTenantId } from '../../../domain/roles.ts';
import { createBilling } from '../../../platform/billing.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import { inTenant } from '../../../platform/database.ts';
import { erasing } from '../../support/erasing.ts';
import { createKeyring } from '../../../platform/keyring.ts';
import { createMail } from '../../../platform/mail.ts';
import { Run } from '../../../platform/models/run.ts';
import { createPush } from '../../../platform/push.ts';
import { createUploads } from '../../../platform/roster/uploads.ts';
import { createRoblox } from '../../../platform/roblox.ts';
import { createTenantKeyRotation } from '../../../platform/tenant-key-rotation.ts';
import { createShredder } from '../../../platform/shred-keys.ts';
import { createStorage } from '../../../platform/storage.ts';
import { createStripe } from '../../../platform/stripe.ts';
import type { Sandbox } from '../../../sandboxes/support/start.ts';
import { type Activities, type ActivitiesByQueue, createActivities } from '../../../workers/activities.ts';
import type { OnboardSchoolInput } from '../../../workflows/onboard-school.messages.ts';
import { admin, runOf, sealInput } from '../../activities/support/school-in-making.ts';
import { type Databases, useDatabases } from '../../support/database.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { servers } from '../../support/servers.ts';
import { createWorker, type TestWorker } from '../../support/temporal.ts';
import { type TestVault, useVault } from '../../support/vault.ts';

export type OnboardingInput = Partial<Omit<OnboardSchoolInput, 'run'>>;

export interface Onboarding {
  readonly databases: Databases;
  readonly vault: TestVault;
  readonly stripe: Sandbox;
  readonly sendgrid: Sandbox;
  readonly pusher: Sandbox;
  readonly stripeClient: Stripe;
  readonly client: Client;
  /** Called around every activity: a test may hold one, or fail it. */
  around: (name: string, act: () => Promise<unknown>) => Promise<unknown>;
  /** Starts a run as the API does: input sealed, row written, then the workflow. */
  start(input?: OnboardingInput): Promise<{ handle: WorkflowHandle; tenantId: string; slug: string }>;
  /** Stores a roster as the API does; resolves to the upload's id. */
  upload(zip: Buffer): Promise<string>;
}

const pusherApp = { appId: 'toolbox', key: 'toolbox-key', secret: 'toolbox-secret' };
let made = 0;

/** Call in a `describe`: real stores, sandboxes of its own, and a real worker with every activity of onboarding. */
export function useOnboarding(): Onboarding {
  const onboarding = {
    databases: useDatabases(),
    vault: useVault(),
    stripe: useSandbox('stripe'),
    sendgrid: useSandbox('sendgrid'),
    pusher: useSandbox('pusher', { pusher: pusherApp }),
    around: (_name, act) => act(),
  } as Onboarding;
  const storage = createStorage(servers().s3);
  const buckets: string[] = [];
  let worker: TestWorker;
  let running: Promise<void>;
  before(async function () {
    this.timeout(60_000);
    const { main, ...vendors } = activitiesOf(onboarding);
    const wrapped = (activities: Activities): Activities => wrap(onboarding, activities);
    const created = await createWorker({
      activities: wrapped(main),
      vendors: { stripe: wrapped(vendors.stripe), sendgrid: wrapped(vendors.sendgrid) },
    });
    worker = created.worker;
    running = worker.run();
    const { client, taskQueue } = created.on;
    const keyring = createKeyring({ knex: onboarding.databases.keyring, vault: onboarding.vault.vault });
    const start = async (input: OnboardingInput = {}) => {
      const started = await startRun({ databases: onboarding.databases, keyring, client, taskQueue }, input);
      buckets.push(bucketOf(started.tenantId));
      return started;
    };
    const uploads = createUploads({ main: onboarding.databases.main, keyring, storage });
    const upload = async (zip: Buffer): Promise<string> => {
      const { startedBy: accountId, requestId } = runOf();
      return (await uploads.receive({ tenantId: platformTenantId, accountId, requestId, body: Readable.from([zip]) })).id;
    };
    Object.assign(onboarding, {
      upload,
      client,
      start,
      stripeClient: createStripe({ secretKey: 'sk_test_onboarding', apiBase: onboarding.stripe.url }),
    });
  });
  afterEach(() => {
    onboarding.around = (_name, act) => act();
  });
  after(async () => {
    worker.shutdown();
    await running;
    // The server is shared, and every bucket takes room of its own on it.
    for (const bucket of buckets) await storage.removeBucket(bucket);
  });
  return onboarding;
}

const none = (): Promise<never> => Promise.reject(new Error('Onboarding backs nothing up.'));

function activitiesOf({ databases, vault: { vault }, stripe, sendgrid, pusher }: Onboarding): ActivitiesByQueue {
  const keyring = createKeyring({ knex: databases.keyring, vault });
  return createActivities({
    knex: databases.main,
    keyring,
    ...erasing({ databases, keyring }),
    vault,
    storage: createStorage(servers().s3),
    billing: createBilling(createStripe({ secretKey: 'sk_test_onboarding', apiBase: stripe.url })),
    underWayMs: 50,
    mail: createMail({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 }),
    push: createPush({ ...pusherApp, apiBase: pusher.url }),
    roblox: createRoblox({ apiKey: 'rbx-test', apiBase: 'http://127.0.0.1:9', universes: [] }),
    hints: { moved: () => undefined, drained: async () => undefined },
    publicUrl: 'https://toolbox.example',
    shredder: createShredder({ url: databases.urls.keyringShredder }),
    keyringBackups: { take: none, expire: none },
    tenantKeyRotation: createTenantKeyRotation({ knex: databases.keyring, vault }),
  });
}

const wrap = (onboarding: Onboarding, activities: Activities): Activities =>
  Object.fromEntries(
    Object.entries(activities).map(([name, act]) => [name, (...args: never[]) => onboarding.around(name, () => act(...args))]),
  );

interface Starting extends Pick<Onboarding, 'databases' | 'client'> {
  readonly keyring: ReturnType<typeof createKeyring>;
  readonly taskQueue: string;
}
async function startRun({ databases, keyring, client, taskQueue }: Starting, input: OnboardingInput) {
  const slug = input.slug ?? `school-${process.pid}-${(made += 1)}`;
  const run = runOf(await sealInput({ databases, keyring }, admin));
  const workflowId = `onboard-school:${slug}:${run.runId}`;
  const row = { id: run.runId, process: 'onboard-school', workflow_id: workflowId, started_by: run.startedBy, request_id: run.requestId };
  await inTenant(databases.main, platformTenantId, async (trx) =>
    Run.query(trx).insert({ ...row, tenant_id: platformTenantId, sealed_input_id: run.sealedInputId ?? null }),
  );
  const args = [{ slug, name: 'Lincoln High', region: 'eu', plan: 'school', inviteStaff: true, ...input, run }];
  const handle = await client.workflow.start('onboardSchool', { workflowId, taskQueue, args });
  return { handle, tenantId: run.runId, slug };
}
