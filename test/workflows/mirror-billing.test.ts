import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { workflowIdOf } from '../../domain/workflow-id.ts';
import { inTenant } from '../../platform/database.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';
import { Run } from '../../platform/models/run.ts';
import { Subscription } from '../../platform/models/subscription.ts';
import { WebhookEvent } from '../../platform/models/webhook-event.ts';
import { forgetEvents } from '../../platform/webhook-events.ts';
import { createStripeWebhook } from '../../platform/stripe-webhook.ts';
import { searchAttributes } from '../../platform/temporal.ts';
import { storeEvents } from '../../platform/webhook-events.ts';
import type { MirrorBillingResult } from '../../workflows/mirror-billing.messages.ts';
import { useApi } from '../support/api.ts';
import { useSandbox } from '../support/sandbox.ts';
import { stripeSchools, type StripeSchool, type StripeSchools } from '../support/stripe-school.ts';
import type { On } from '../support/temporal.ts';
import { until } from '../support/until.ts';
import { type Mirroring, withMirror } from './support/mirroring.ts';
import { failureOf, stepsOf } from './support/runs.ts';

describe('mirrorBilling', function () {
  this.timeout(60_000);
  const secrets: string[] = [];
  const api = useApi(() => ({ stripeWebhook: createStripeWebhook({ secrets, live: false }) }));
  const sandbox = useSandbox('stripe', { webhookRetryMs: [100, 100, 100] });
  let schools: StripeSchools;

  before(() => {
    schools = stripeSchools(api.databases, sandbox);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    await inTenant(api.databases.main, platformTenantId, (trx) => trx('webhook_events').delete());
  });

  const events = (where: object = {}): Promise<WebhookEvent[]> =>
    inTenant(api.databases.main, platformTenantId, async (trx) => WebhookEvent.query(trx).where(where).orderBy('created_at'));
  it('forgets what was dealt with longer ago than Stripe remembers it, and nothing else', async () => {
    const old = (days: number): Date => new Date(Date.now() - days * 86_400_000);
    const event = { tenant_id: platformTenantId, vendor: 'stripe', type: 'invoice.paid', received_by: 'webhook', occurred_at: old(91) };
    const rows = [
      { ...event, id: 'evt_old', status: 'done', done_at: old(91) },
      { ...event, id: 'evt_kept', status: 'done', done_at: old(89) },
      { ...event, id: 'evt_stored', status: 'stored' },
    ];
    await inTenant(api.databases.main, platformTenantId, (trx) => trx('webhook_events').insert(rows));
    assert.equal(await forgetEvents(api.databases.main, 'stripe'), 1);
    assert.deepEqual((await events()).map(({ id }) => id).sort(), ['evt_kept', 'evt_stored']);
  });

  const rowsOf = ({ tenantId }: StripeSchool) =>
    inTenant(api.databases.main, tenantId, async (trx) => ({
      invoices: await Invoice.query(trx).orderBy('created_at'),
      payments: await Payment.query(trx).orderBy('created_at'),
      subscriptions: await Subscription.query(trx),
    }));
  const collectionOf = ({ tenantId }: StripeSchool, invoiceId: string): string => workflowIdOf('collect-payment', tenantId, invoiceId);
  const mirrored = async ({ start }: Mirroring): Promise<MirrorBillingResult> => (await start()).result() as Promise<MirrorBillingResult>;
  const within = <T>(test: (mirroring: Mirroring) => Promise<T>, options: Parameters<typeof withMirror>[2] = {}): Promise<T> =>
    withMirror({ ...api, billing: schools.billing }, test, options);
  /** As a run of collect-payment does when it begins. */
  const takeUp = ({ tenantId }: StripeSchool, id: string): Promise<unknown> =>
    inTenant(api.databases.main, tenantId, async (trx) =>
      Invoice.query(trx).where({ tenant_id: tenantId, id }).patch({ collected_by: 'platform' }),
    );
  const startHearing = ({ client, taskQueue }: On, workflowId: string, times = 1) =>
    client.workflow.start('hearingFixture', { workflowId, taskQueue, args: [{ times }] });
  const onlyInvoice = async (school: StripeSchool): Promise<Invoice> => {
    const { invoices } = await rowsOf(school);
    assert.equal(invoices.length, 1);
    return invoices[0] as Invoice;
  };

  it('brings the mirror up to date with what a signed webhook named, and has the failed charge collected', async () => {
    const { secret } = await schools.stripe.webhookEndpoints.create({ url: `${api.url}/webhooks/stripe`, enabled_events: ['*'] });
    secrets.splice(0, secrets.length, secret ?? '');
    const school = await schools.make();
    const owed = await school.owe();
    await until(async () => (await events({ type: 'customer.subscription.created' }))[0]);

    await within(async (mirroring) => {
      const result = await mirrored(mirroring);
      const invoice = await onlyInvoice(school);
      assert.deepEqual([result.found, result.refused, result.started, result.told, result.more], [0, 0, 1, 0, false]);
      assert.deepEqual(
        [invoice.stripe_invoice_id, invoice.status, invoice.remaining_minor, invoice.billing_reason],
        [owed.id, 'open', 19_900, 'subscription_create'],
      );
      const { payments, subscriptions } = await rowsOf(school);
      assert.deepEqual(
        payments.map(({ invoice_id: of, outcome, amount_minor: amount, decline_code: code }) => ({ of, outcome, amount, code })),
        [{ of: invoice.id, outcome: 'declined', amount: 19_900, code: 'generic_decline' }],
      );
      assert.deepEqual(
        subscriptions.map(({ plan, status }) => [plan, status]),
        [['school', 'incomplete']],
      );
      const collection = mirroring.on.client.workflow.getHandle(collectionOf(school, invoice.id));
      const { type, typedSearchAttributes: attributes } = await collection.describe();
      assert.deepEqual([type, attributes.get(searchAttributes.tenantId)], ['collectPayment', school.tenantId]);
      await collection.terminate();
    });
    const refused = (await events({ status: 'refused' })).map(({ type, reason }) => [type, reason]);
    assert.deepEqual(refused, [
      ['product.created', 'of an unknown type'],
      ['price.created', 'of an unknown type'],
    ]);
    assert.equal((await events({ status: 'stored' })).length, 0);
    assert.ok((await events()).every(({ received_by: by }) => by === 'webhook'));
  });

  it('finds the events that did not come, once, and writes its own row and steps', async () => {
    const school = await schools.make();
    await school.owe();
    await within(async (mirroring) => {
      const handle = await mirroring.start();
      const { found, events: count, listed } = (await handle.result()) as MirrorBillingResult;
      assert.deepEqual([listed, count], [true, found]);
      assert.ok(found > 8);
      assert.deepEqual(await stepsOf(handle), { 'read-events': 'done', mirror: 'done', collect: 'done', settle: 'done' });
      assert.ok((await events()).every(({ received_by: by, status }) => by === 'reconciliation' && status === 'done'));
      const again = await mirrored(mirroring);
      assert.deepEqual([again.listed, again.found, again.events], [true, 0, 0]);
      await mirroring.on.client.workflow.getHandle(collectionOf(school, (await onlyInvoice(school)).id)).terminate();
    });
    const rows = await inTenant(api.databases.main, platformTenantId, async (trx) => Run.query(trx).where({ process: 'mirror-billing' }));
    assert.ok(rows.length >= 2 && rows.every(({ status, started_by: by }) => status === 'completed' && by === platformTenantId));
  });

  it('asks Stripe for events once a minute, unless it is told to', async () => {
    await within(async ({ on, start }) => {
      await (await start()).result();
      const args = [{ run: { tenantId: platformTenantId, startedBy: platformTenantId, scheduled: { process: 'mirror-billing' } } }];
      const options = { workflowId: `mirror-billing:${Math.random()}`, taskQueue: on.taskQueue, args };
      const result = (await on.client.workflow.execute('mirrorBilling', options)) as MirrorBillingResult;
      assert.deepEqual([result.listed, result.events], [false, 0]);
    });
  });

  it('tells the run that collects, of another card as well as of the payment', async () => {
    const school = await schools.make();
    const owed = await school.owe();
    await within(async (mirroring) => {
      await mirrored(mirroring);
      const { id } = await onlyInvoice(school);
      await mirroring.on.client.workflow.getHandle(collectionOf(school, id)).terminate();
      const hearing = await startHearing(mirroring.on, collectionOf(school, id), 3);
      await takeUp(school, id);
      await schools.stripe.paymentMethods.attach('pm_card_mastercard', { customer: school.customerId });
      const { started, told } = await mirrored(mirroring);
      assert.deepEqual([started, told], [0, 1]);
      await assert.rejects(schools.stripe.invoices.pay(owed.id ?? ''), { type: 'StripeCardError' });
      assert.equal((await mirrored(mirroring)).told, 1);
      await school.pay(owed.id ?? '');
      assert.equal((await mirrored(mirroring)).told, 1);
      assert.equal(await hearing.result(), 3);
    });
    const { invoices, payments } = await rowsOf(school);
    assert.deepEqual([invoices[0]?.status, invoices[0]?.remaining_minor], ['paid', 0]);
    assert.deepEqual(
      payments.map(({ outcome }) => outcome),
      ['declined', 'declined', 'succeeded'],
    );
  });

  it('does not begin anew what a run has come to the end of', async () => {
    const school = await schools.make();
    const owed = await school.owe();
    await within(async (mirroring) => {
      await mirrored(mirroring);
      const { id } = await onlyInvoice(school);
      await mirroring.on.client.workflow.getHandle(collectionOf(school, id)).terminate();
      const { tenantId } = school;
      const row = { id, tenant_id: tenantId, process: 'collect-payment', workflow_id: collectionOf(school, id), started_by: tenantId };
      await inTenant(api.databases.main, tenantId, (trx) =>
        trx('runs').insert({ ...row, request_id: id, status: 'completed', closed_at: new Date() }),
      );
      await schools.stripe.invoices.update(owed.id ?? '', { metadata: { seen: 'yes' } });
      const { events: count, started, told } = await mirrored(mirroring);
      assert.deepEqual([count, started, told], [1, 0, 0]);
    });
  });

  it('goes page by page, and reads each object of a page once', async () => {
    const owing = [await schools.make(), await schools.make(), await schools.make()];
    for (const school of owing) await school.owe();
    const pages: string[] = [];
    await within(
      async (mirroring) => {
        const { events: count, started, more } = await mirrored(mirroring);
        assert.deepEqual([started, more, count], [3, false, (await events()).length]);
        const named = new Set((await events()).map(({ object_id: object, customer_id: customer }) => `${object} ${customer}`));
        assert.ok(pages.filter((name) => name === 'mirrorEvents').length >= named.size / 4);
        for (const school of owing)
          await mirroring.on.client.workflow.getHandle(collectionOf(school, (await onlyInvoice(school)).id)).terminate();
      },
      { pageObjects: 4, around: async (name) => void pages.push(name) },
    );
    assert.equal((await events({ status: 'stored' })).length, 0);
  });

  it('reads an object once, however many events name it, and leaves those that came after', async () => {
    const school = await schools.make();
    const owed = await school.owe();
    const pages: string[] = [];
    const late = { due: false };
    const around = async (name: string): Promise<void> => {
      pages.push(name);
      if (name === 'settleEvents' && late.due) await nameIt('late', 1);
    };
    const nameIt = (prefix: string, count: number): Promise<unknown> => {
      const event = {
        type: 'invoice.updated',
        objectId: owed.id ?? '',
        customerId: school.customerId,
        occurredAt: new Date().toISOString(),
      };
      const kept = { ...event, vendor: 'stripe', receivedBy: 'webhook', status: 'stored', reason: null } as const;
      return storeEvents(
        api.databases.main,
        Array.from({ length: count }, (_, at) => ({ ...kept, id: `evt_${prefix}${at}` })),
      );
    };
    await within(
      async (mirroring) => {
        await mirrored(mirroring);
        await nameIt('many', 200);
        pages.length = 0;
        late.due = true;
        const { events: count } = await mirrored(mirroring);
        assert.deepEqual([count, pages.filter((name) => name === 'mirrorEvents').length], [200, 1]);
        assert.deepEqual(
          (await events({ status: 'stored' })).map(({ id }) => id),
          ['evt_late0'],
        );
        await mirroring.on.client.workflow.getHandle(collectionOf(school, (await onlyInvoice(school)).id)).terminate();
      },
      { pageObjects: 10, around },
    );
  });

  it('refuses what is of nobody we know, and says why', async () => {
    await schools.stripe.customers.create({ name: 'Somebody' });
    const { events: count, refused } = await within(mirrored);
    assert.deepEqual([count, refused], [1, 1]);
    const [event] = await events();
    assert.deepEqual([event?.status, event?.reason], ['refused', 'of a customer that is no school’s']);
  });

  it('leaves no event behind when Stripe refuses to be read: the next run finds them', async () => {
    const school = await schools.make();
    await school.owe();
    await within(async (mirroring) => {
      await sandbox.control.addFault({ kind: 'status', status: 403, method: 'GET', path: '/v1/subscriptions/*' });
      assert.equal(((await failureOf(await mirroring.start())) as { type?: string }).type, 'vendor-refused');
      assert.ok((await events({ status: 'stored' })).length > 0);
      assert.equal((await mirrored(mirroring)).started, 1);
      await mirroring.on.client.workflow.getHandle(collectionOf(school, (await onlyInvoice(school)).id)).terminate();
    });
  });
});
