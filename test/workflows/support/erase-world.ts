import type { WorkflowHandle } from '@temporalio/client';
import { inTenant } from '../../../platform/database.ts';
import { createBilling } from '../../../platform/billing.ts';
import { createMail } from '../../../platform/mail.ts';
import { createKeyringBackups, type KeyringBackups } from '../../../platform/keyring-backups.ts';
import { backupRecipient } from '../../support/backup-recipient.ts';
import { createShredder } from '../../../platform/shred-keys.ts';
import { createTenantKeyRotation } from '../../../platform/tenant-key-rotation.ts';
import { createRoblox } from '../../../platform/roblox.ts';
import { createPush } from '../../../platform/push.ts';
import { createStorage } from '../../../platform/storage.ts';
import { createStripe } from '../../../platform/stripe.ts';
import { openTemporal, type Temporal } from '../../../platform/temporal.ts';
import { registryOf } from '../../../processes/support/registry.ts';
import eraseSubject from '../../../processes/erase-subject.ts';
import { createActivities } from '../../../workers/activities.ts';
import type { TaskQueue } from '../../../domain/task-queues.ts';
import type { Sandbox } from '../../../sandboxes/support/start.ts';
import { type Override, pushConfig, type TestApi, useApi } from '../../support/api.ts';
import { erasing } from '../../support/erasing.ts';
import { testCodec } from '../../support/payload-codec.ts';
import { universeId } from '../../support/roblox-school.ts';
import { servers } from '../../support/servers.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { createWorker, temporalSettings, type TestWorker } from '../../support/temporal.ts';

export interface Erasures extends TestApi {
  readonly stripe: Sandbox;
  readonly sendgrid: Sandbox;
  readonly roblox: Sandbox;
  readonly temporal: Temporal;
  /** Around every activity, by its name. */
  around: (name: string, act: () => Promise<unknown>) => Promise<unknown>;
  /** Of the first school's person. */
  handleOf(personId: string): WorkflowHandle;
  readonly backups: KeyringBackups;
  setPolicy(policy: Readonly<Record<string, unknown>>): Promise<void>;
}

const universes = [{ id: universeId, keyPatterns: ['user_{userId}'], orderedStores: ['Wins'] }];

/** Call in a `describe`: the whole API and a worker, on real servers; vendors are stand-ins. */
export function useErasures(): Erasures {
  const taskQueue = `erasures-${process.pid}-${Date.now()}` as TaskQueue;
  const erasures = { around: (_name, act) => act() } as Erasures;
  const closers: (() => Promise<unknown> | void)[] = [];
  const temporal = (): Temporal => erasures.temporal;
  const override: Override = () => {
    Object.assign(erasures, { temporal: openTemporal(temporalSettings(), { codec: testCodec }) });
    return { temporal: temporal(), processes: registryOf([{ ...eraseSubject, taskQueue }]) };
  };
  const api = useApi(override);
  const stripe = useSandbox('stripe');
  const sendgrid = useSandbox('sendgrid');
  const roblox = useSandbox('roblox');
  let worker: TestWorker;
  let running: Promise<void>;

  before(async function () {
    this.timeout(60_000);
    const { databases, keyring, vault } = api;
    const source = { url: databases.urls.keyringBackup, recipient: backupRecipient, retentionDays: 7 };
    Object.assign(erasures, { backups: createKeyringBackups({ knex: databases.main, storage: createStorage(servers().s3), source }) });
    const all = createActivities({
      ...erasing({ databases, keyring }),
      knex: databases.main,
      keyring,
      vault,
      storage: createStorage(servers().s3),
      billing: createBilling(createStripe({ secretKey: 'sk_test_erasing', apiBase: stripe.url })),
      underWayMs: 50,
      mail: createMail({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 }),
      push: createPush(pushConfig),
      roblox: createRoblox({ apiKey: 'rbx-test', apiBase: roblox.url, universes }),
      hints: { moved: () => undefined, drained: async () => undefined },
      publicUrl: 'https://toolbox.example',
      shredder: createShredder({ url: databases.urls.keyringShredder }),
      keyringBackups: erasures.backups,
      tenantKeyRotation: createTenantKeyRotation({ knex: databases.keyring, vault }),
    });
    const wrap = (activities: object): Record<string, (...args: never[]) => Promise<unknown>> =>
      Object.fromEntries(
        Object.entries(activities).map(([name, act]) => [
          name,
          (...args: never[]) => erasures.around(name, () => (act as (...given: never[]) => Promise<unknown>)(...args)),
        ]),
      );
    const { main, ...vendors } = all;
    const others = Object.fromEntries(Object.entries(vendors).map(([queue, activities]) => [queue, wrap(activities)]));
    ({ worker } = await createWorker({ taskQueue, activities: wrap(main), vendors: others, codec: testCodec }));
    running = worker.run();
    Object.assign(erasures, api, {
      stripe,
      sendgrid,
      roblox,
      handleOf: (personId: string) => temporal().client.workflow.getHandle(`erase-subject@${api.schools[0].id}:${personId}`),
      setPolicy: (policy: object) =>
        inTenant(databases.main, api.schools[0].id, async (trx) => {
          const row = { tenant_id: api.schools[0].id, ...policy };
          await trx('privacy_policies').insert(row).onConflict('tenant_id').merge(policy);
        }),
    });
  });
  after(async () => {
    worker.shutdown();
    await running;
    for (const close of closers) await close();
    await temporal().close();
  });
  afterEach(() => {
    erasures.around = (_name, act) => act();
  });
  return erasures;
}
