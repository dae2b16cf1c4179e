import type { Client, WorkflowHandle } from '@temporalio/client';
import type Stripe from 'stripe';
import { type Begun, createChargeActivities } from '../../../activities/charges.ts';
import type { RunActivities } from '../../../activities/run.ts';
import { defaultPolicy, type DunningPolicy } from '../../../domain/dunning/policy.ts';
import type { RunEnd } from '../../../domain/run.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { createBilling } from '../../../platform/billing.ts';
import { mirrorInvoice } from '../../../platform/billing-mirror.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { createMail } from '../../../platform/mail.ts';
import { Tenant } from '../../../platform/models/tenant.ts';
import type { RunNotifier } from '../../../platform/run-hints.ts';
import { createStripe } from '../../../platform/stripe.ts';
import type { Sandbox } from '../../../sandboxes/support/start.ts';
import { type Activities, type ActivityDeps, createActivities } from '../../../workers/activities.ts';
import type { Collecting as Carried, CollectionView, CollectPaymentResult } from '../../../workflows/collect-payment.messages.ts';
import { type Making, useMaking } from '../../activities/support/school-in-making.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { addPerson, makeTenant, type Parts } from '../../support/school.ts';
import { createWorker } from '../../support/temporal.ts';
import { keepPolicy } from './collecting-policy.ts';
import { failInvoice, type FailedInvoice } from './failed-invoice.ts';

export interface Owing extends FailedInvoice {
  readonly tenantId: string;
  /** The platform's. */
  readonly invoiceId: string;
  readonly contacts: readonly string[];
}
export interface OwingOptions {
  /** Cards of the sandbox: the default first. */
  readonly cards: readonly string[];
  readonly policy?: Partial<DunningPolicy>;
  /** Addresses of those who see to billing, in their order. */
  readonly contacts?: readonly string[];
}
export interface Collecting {
  readonly making: Pick<Making, 'databases' | 'vault' | 'keyring'>;
  readonly stripe: Sandbox;
  readonly sendgrid: Sandbox;
  readonly stripeClient: Stripe;
  readonly client: Client;
  readonly taskQueue: string;
  readonly ends: RunEnd[];
  /** Called around every activity: a test may do something first, or fail it. */
  around: (name: string, act: () => Promise<unknown>) => Promise<unknown>;
  /** A school whose invoice could not be collected. */
  owing(options: OwingOptions): Promise<Owing>;
  /** What a run knows when it begins. */
  begin(owing: Owing): Promise<Begun>;
  /** @param carried what an earlier history of the run knew */
  start(owing: Pick<Owing, 'tenantId' | 'invoiceId'>, carried?: Carried): Promise<WorkflowHandle<() => Promise<CollectPaymentResult>>>;
  /** Writes down what Stripe says of the invoice, and tells the run. */
  tell(owing: Owing, handle: WorkflowHandle): Promise<void>;
  mails(): Promise<readonly { to: string; subject: string; text: string; customArgs: Readonly<Record<string, string>> }[]>;
  /** Charges that Stripe was asked for, by their business keys. */
  charges(): Promise<string[]>;
  accessLevel(tenantId: string): Promise<string>;
}

/** At any hour, and on no other day: what a test waits for does not hang on when it runs. */
export const plainPolicy: DunningPolicy = { ...defaultPolicy, window: { from: '00:00', to: '24:00' }, payDays: null };
export const viewOf = (handle: WorkflowHandle): Promise<CollectionView> => handle.query<CollectionView>('collection');

/** Call in a `describe`: real stores, sandboxes of its own, and a real worker whose runs skip idle time. */
export function useCollecting({ timeTravel = true } = {}): Collecting {
  const collecting = collectingOf({ making: useMaking(), stripe: useSandbox('stripe'), sendgrid: useSandbox('sendgrid') });
  let stop: () => Promise<void>;
  before(async function () {
    this.timeout(60_000);
    stop = await serveCollecting(collecting, { timeTravel });
  });
  beforeEach(() => Promise.all([collecting.stripe.control.reset(), collecting.sendgrid.control.reset()]));
  afterEach(() => {
    collecting.around = (_name, act) => act();
  });
  after(() => stop());
  return collecting;
}

type Ground = Pick<Collecting, 'stripe' | 'sendgrid'> & { readonly making: Pick<Making, 'databases' | 'vault' | 'keyring'> };

/** What runs are served on, before anybody serves them. */
export const collectingOf = (ground: Ground): Collecting =>
  ({ ...ground, ends: [] as RunEnd[], around: (_name, act) => act() }) as Partial<Collecting> as Collecting;

/** Serves runs by a real worker, and fills in the verbs. @param more activities that only tests have. Resolves to what ends it. */
export async function serveCollecting(
  collecting: Collecting,
  { timeTravel = true, more = {} }: { readonly timeTravel?: boolean; readonly more?: Activities } = {},
): Promise<() => Promise<void>> {
  const stripeClient = createStripe({ secretKey: 'sk_test_collecting', apiBase: collecting.stripe.url });
  const { main, stripe, sendgrid } = createActivities(depsOf(collecting, stripeClient));
  const wrapped = (activities: Activities): Activities => wrap(collecting, activities);
  const { worker, on } = await createWorker({
    activities: { ...wrapped(heard(collecting, main)), ...more },
    vendors: { stripe: wrapped(stripe), sendgrid: wrapped(sendgrid) },
    timeTravel,
  });
  const running = worker.run();
  Object.assign(collecting, verbs(collecting, stripeClient, on.client, on.taskQueue));
  return async () => {
    worker.shutdown();
    await running;
  };
}

/** The end of a run is recorded as ever, and kept for the test. */
const heard = ({ ends }: Collecting, activities: Activities): Activities => {
  const { recordRunEnd } = activities as Activities & RunActivities;
  const recorded = async (end: RunEnd): Promise<void> => {
    await recordRunEnd(end);
    ends.push(end);
  };
  return { ...activities, recordRunEnd: recorded };
};

function depsOf({ making, sendgrid }: Collecting, stripeClient: Stripe): ActivityDeps {
  const { databases, keyring, vault } = making;
  const mail = createMail({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
  const hints: RunNotifier = { moved: () => undefined, drained: async () => undefined };
  const deps = {
    knex: databases.main,
    keyring,
    vault: vault.vault,
    billing: createBilling(stripeClient),
    underWayMs: 50,
    mail,
    hints,
  };
  return { ...deps, publicUrl: 'https://toolbox.example' } as Partial<ActivityDeps> as ActivityDeps;
}

const wrap = (collecting: Collecting, activities: Activities): Activities =>
  Object.fromEntries(
    Object.entries(activities).map(([name, act]) => [name, (...args: never[]) => collecting.around(name, () => act(...args))]),
  );

let made = 0;

function verbs(collecting: Collecting, stripeClient: Stripe, client: Client, taskQueue: string): Partial<Collecting> {
  const { making, stripe, sendgrid } = collecting;
  const { databases, keyring, vault } = making;
  const billing = createBilling(stripeClient);
  const mirror = async (tenantId: string, stripeId: string): Promise<string> => {
    const read = await billing.readInvoice(stripeId);
    if (!read) throw new Error(`Stripe has no invoice ${stripeId}.`);
    return (await mirrorInvoice(databases.main, tenantId, read)).invoiceId;
  };
  return {
    stripeClient,
    client,
    taskQueue,
    async owing({ cards, policy = {}, contacts = ['bursar@lincoln.example'] }) {
      const tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, `owing-${process.pid}-${(made += 1)}`);
      const parts = { main: databases.main, keyring } as Parts;
      const ids: string[] = [];
      for (const email of contacts) ids.push(await addPerson(parts, tenantId, { display_name: 'Bursar <b>', email }, ['billing']));
      await keepPolicy(databases.main, tenantId, { ...plainPolicy, ...policy });
      const failed = await failInvoice(stripeClient, tenantId, cards);
      return { tenantId, ...failed, invoiceId: await mirror(tenantId, failed.stripeInvoiceId), contacts: ids };
    },
    async begin({ tenantId, invoiceId }) {
      const begun = await createChargeActivities({ knex: databases.main, billing }).beginCollection({
        tenantId,
        invoiceId,
        now: Date.now(),
      });
      if (!begun) throw new Error('There is no such invoice.');
      return begun;
    },
    start({ tenantId, invoiceId }, carried) {
      const run = { runId: newId(), tenantId, startedBy: newId(), requestId: newId() };
      const workflowId = workflowIdOf('collect-payment', tenantId, invoiceId);
      return client.workflow.start('collectPayment', {
        workflowId,
        taskQueue,
        args: [{ invoiceId, run, ...(carried ? { carried } : {}) }],
      });
    },
    async tell({ tenantId, stripeInvoiceId }, handle) {
      await mirror(tenantId, stripeInvoiceId);
      await handle.signal('billing-moved');
    },
    mails: async () => (await sendgrid.control.call<{ messages: Awaited<ReturnType<Collecting['mails']>> }>('GET', '/messages')).messages,
    charges: async () =>
      (await stripe.control.ledger())
        .filter(({ operation, businessKey }) => operation.endsWith('/pay') && businessKey?.startsWith('charge:'))
        .map(({ businessKey }) => businessKey ?? ''),
    accessLevel: (tenantId) =>
      inTenant(databases.main, tenantId, async (trx) => (await Tenant.query(trx).findById(tenantId).throwIfNotFound()).access_level),
  };
}
