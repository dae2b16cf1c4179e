import { setTimeout as pause } from 'node:timers/promises';
import type Stripe from 'stripe';
import { createMail, type Mail } from '../../../platform/mail.ts';
import { createStripe } from '../../../platform/stripe.ts';
import { newId } from '../../../platform/ids.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import type { BareActivities, BareOf, Script } from '../../workflows/support/bare-collection.ts';
import type { Collecting } from '../../workflows/support/collecting.ts';
import { failInvoice, type FailedInvoice } from '../../workflows/support/failed-invoice.ts';
import type { Collected } from './dunning-runs.ts';
import { sideBySide } from './side-by-side.ts';

export interface BareRun {
  readonly of: BareOf;
  readonly script: Script;
  readonly tenantId: string;
}
const preparedAtATime = 8;

/** The vendor calls of an activity, by the vendors' own clients, one after the other as ours makes them. */
type Calls = (of: BareOf) => Promise<unknown>;

function callsOf(stripe: Stripe, mail: Mail): Readonly<Record<string, Calls>> {
  const bill: Calls = ({ stripeInvoiceId }) => stripe.invoices.retrieve(stripeInvoiceId);
  const ask: Calls = async ({ stripeInvoiceId, customerId }) => {
    const expand = ['payments', 'customer', 'parent.subscription_details.subscription'];
    const { payments } = await stripe.invoices.retrieve(stripeInvoiceId, { expand });
    await stripe.customers.listPaymentMethods(customerId, { limit: 100 });
    const intents = (payments?.data ?? []).flatMap(({ payment }) => payment.payment_intent ?? []);
    for (const intent of intents)
      await stripe.charges.list({ payment_intent: typeof intent === 'string' ? intent : intent.id, limit: 100 });
  };
  const declined = (error: unknown): void => {
    if ((error as Stripe.errors.StripeError).type !== 'StripeCardError') throw error;
  };
  const letter = { subject: 'Your payment failed', text: 'Pay by the link.', html: '<p>Pay by the link.</p>', category: 'dunning' };
  return {
    async beginCollection(of) {
      await ask(of);
      await stripe.invoices.update(of.stripeInvoiceId, { auto_advance: false });
    },
    async charge(of) {
      await bill(of);
      const params = { off_session: true, expand: ['payments.data.payment.payment_intent'] };
      await stripe.invoices.pay(of.stripeInvoiceId, params, { idempotencyKey: newId() }).catch(declined);
      await ask(of);
    },
    async sendDunningMail(of) {
      await bill(of);
      await mail.send({ ...letter, to: { email: 'bursar@lincoln.example' }, dedupKey: `bare:${of.stripeInvoiceId}:${newId()}` });
    },
    findBounces: ({ stripeInvoiceId }) => mail.isUndelivered(`bare:${stripeInvoiceId}`),
    async endSubscription({ subscriptionId }) {
      await stripe.subscriptions.retrieve(subscriptionId);
      await stripe.subscriptions.cancel(subscriptionId);
    },
    async writeOff(of) {
      await ask(of);
      await stripe.invoices.markUncollectible(of.stripeInvoiceId);
      await ask(of);
    },
    // Ours only write into our own database.
    recordRunStart: () => pause(0),
    changeAccess: () => pause(0),
    recordRunEnd: () => pause(0),
  };
}

export function createBareActivities({ stripe, sendgrid }: Pick<Collecting, 'stripe' | 'sendgrid'>, counting: (stripe: Stripe) => void) {
  const client = createStripe({ secretKey: 'sk_test_bare', apiBase: stripe.url });
  counting(client);
  const mail = createMail({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
  const calls = callsOf(client, mail);
  return {
    async callVendors({ activity, of }) {
      const call = calls[activity];
      if (!call) throw new Error(`It is not known what ${activity} asks of vendors.`);
      await call(of);
    },
  } satisfies BareActivities;
}

/** For each run of ours a failed invoice with the same cards, and the same to do. */
export const prepareBare = ({ stripeClient }: Collecting, collected: readonly Collected[]): Promise<BareRun[]> =>
  sideBySide(collected, preparedAtATime, async ({ of: { cards }, script }) => {
    const tenantId = newId();
    const of: FailedInvoice = await failInvoice(stripeClient, tenantId, cards);
    return { of, script, tenantId };
  });

/** Resolves to the seconds from the first start to the last end. */
export async function runBare({ client, taskQueue }: Collecting, runs: readonly BareRun[], atATime: number): Promise<number> {
  const began = performance.now();
  await sideBySide(runs, atATime, async ({ of, script, tenantId }) => {
    const workflowId = workflowIdOf('bare-collection', tenantId, of.stripeInvoiceId);
    await client.workflow.execute('bareCollection', { workflowId, taskQueue, args: [{ of, script }] });
  });
  return (performance.now() - began) / 1_000;
}
