import assert from 'node:assert/strict';
import { createCollectionActivities } from '../../activities/collection.ts';
import { day, hour } from '../../domain/dunning/instant.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import type { CollectPaymentResult } from '../../workflows/collect-payment.messages.ts';
import { openedHistory } from '../support/opened-history.ts';
import { until } from '../support/until.ts';
import { type Owing, useCollecting } from './support/collecting.ts';
import { setDefault } from './support/failed-invoice.ts';
import { statesOf } from './support/world.ts';

const forever = 'pm_card_toolbox_insufficient_funds';
const sometimes = (refusals: number): string => `${forever}_then_ok_${refusals}`;

/** What was decided, with the days since the first decision. */
const course = ({ decisions }: Pick<CollectPaymentResult, 'decisions'>): string[] => {
  const began = Date.parse(decisions[0]?.at ?? '');
  return decisions.map(({ at, action, rule }) => `${Math.round((Date.parse(at) - began) / (day / 10)) / 10} ${action} ${rule}`);
};

describe('workflows/collect-payment', function () {
  this.timeout(60_000);
  const collecting = useCollecting();
  const run = async (owing: Owing): Promise<CollectPaymentResult> => (await collecting.start(owing)).result();
  const keys = ({ invoiceId }: Owing, ...attempts: number[]): string[] => attempts.map((attempt) => `charge:${invoiceId}:${attempt}`);
  const steps = async () => (await collecting.mails()).map(({ customArgs }) => customArgs['dedup_key']?.split(':')[2]);
  const faultsLeft = async () => (await collecting.stripe.control.faults()).reduce((sum, { left }) => sum + left, 0);
  const stripeStatus = async ({ stripeInvoiceId }: Owing) => (await collecting.stripeClient.invoices.retrieve(stripeInvoiceId)).status;

  it('takes the retries from Stripe, and tries a card without funds in days until it pays', async () => {
    const owing = await collecting.owing({ cards: [sometimes(3)] });
    const result = await run(owing);
    assert.deepEqual([result.outcome, result.attempts, result.mails], ['paid', 4, 1]);
    assert.deepEqual(course(result), [
      '0 mail mail-schedule',
      '1 charge retry-schedule',
      '3 charge retry-schedule',
      '5 charge retry-schedule',
      '5 end invoice-settled',
    ]);
    assert.deepEqual(await collecting.charges(), keys(owing, 2, 3, 4));
    assert.deepEqual(await steps(), ['notice']);
    const row = await inTenant(collecting.making.databases.main, owing.tenantId, async (trx) =>
      Invoice.query(trx).findById([owing.invoiceId]),
    );
    assert.deepEqual([row?.status, row?.collected_by], ['paid', 'platform']);
    assert.equal(statesOf({ steps: collecting.ends.at(-1)?.steps ?? [] }), 'take-over done, collect done');
  });

  it('tries again within hours when the bank could not be reached', async () => {
    const owing = await collecting.owing({ cards: ['pm_card_toolbox_issuer_not_available_then_ok_3'] });
    const result = await run(owing);
    assert.deepEqual([result.outcome, result.mails], ['paid', 0]);
    const [first = '', ...more] = result.decisions.map(({ at }) => at);
    assert.deepEqual(
      more.map((at) => Math.round((Date.parse(at) - Date.parse(first)) / hour)),
      [3, 23, 23],
    );
  });

  it('never tries a lost card again, asks for another one, and charges that at once when it is there', async () => {
    const owing = await collecting.owing({ cards: ['pm_card_toolbox_lost_card'] });
    let told = false;
    collecting.around = async (name, act) => {
      const result = await act();
      if (name !== 'sendDunningMail' || told) return result;
      told = true;
      const card = await collecting.stripeClient.paymentMethods.attach('pm_card_mastercard', { customer: owing.customerId });
      await setDefault(collecting.stripeClient, owing.customerId, card.id);
      await collecting.tell(owing, handle);
      return result;
    };
    const handle = await collecting.start(owing);
    const result = await handle.result();
    assert.deepEqual(course(result), ['0 ask needs-payment-method', '0 charge person-asked', '0 end invoice-settled']);
    assert.deepEqual([await collecting.charges(), await steps()], [keys(owing, 2), ['card-needed']]);
    const [mail] = await collecting.mails();
    assert.match(mail?.text ?? '', /https:\/\/invoice\.stripe\.com\//);
    assert.doesNotMatch(mail?.text ?? '', /lost|stolen/i);
  });

  it('sends the link where only the holder can authenticate, and ends at once when they paid by it', async () => {
    const owing = await collecting.owing({ cards: ['pm_card_toolbox_authentication_required'] });
    let mails = 0;
    collecting.around = async (name, act) => {
      const result = await act();
      if (name === 'sendDunningMail' && (mails += 1) === 2) {
        await collecting.stripeClient.invoices.pay(owing.stripeInvoiceId, { paid_out_of_band: true });
        await collecting.tell(owing, handle);
      }
      return result;
    };
    const handle = await collecting.start(owing);
    const result = await handle.result();
    assert.deepEqual([result.outcome, await steps()], ['paid', ['authenticate', 'authenticate-reminder']]);
    assert.deepEqual(await collecting.charges(), []);
  });

  it('charges the backup card when the first was declined as often as the policy says', async () => {
    const owing = await collecting.owing({ cards: [forever, 'pm_card_visa'] });
    const result = await run(owing);
    assert.deepEqual([result.outcome, result.attempts], ['paid', 4]);
    assert.match(result.decisions.at(-2)?.reason ?? '', /the backup payment method/);
  });

  it('leaves alone what the policy exempts', async () => {
    const owing = await collecting.owing({ cards: [forever], policy: { exemption: { tags: [], amountsBelow: { usd: 5_000 } } } });
    const result = await run(owing);
    assert.deepEqual([result.outcome, course(result), await steps()], ['exempt', ['0 end exempt'], []]);
  });

  it('never charges under a policy that leaves the retries to Stripe', async () => {
    const policy = { owner: 'stripe' as const, degrade: { steps: [], noticeDays: 0 } };
    const owing = await collecting.owing({ cards: [sometimes(1)], policy });
    const { outcome, attempts } = await run(owing);
    assert.deepEqual([outcome, attempts, await collecting.charges()], ['written-off', 1, []]);
    const asked = (await collecting.stripe.control.ledger()).map(({ operation }) => operation);
    assert.ok(!asked.includes('POST /v1/invoices/{invoice}'), asked.join(', '));
  });

  it('brings a school down step by step, each said by mail and in its log, and writes the invoice off on the last day', async () => {
    const owing = await collecting.owing({ cards: [forever] });
    const levels: string[] = [];
    collecting.around = async (name, act) => {
      const result = await act();
      if (name === 'changeAccess') levels.push(await collecting.accessLevel(owing.tenantId));
      return result;
    };
    const result = await run(owing);
    assert.deepEqual([result.outcome, await stripeStatus(owing)], ['written-off', 'uncollectible']);
    assert.deepEqual(levels, ['read_only', 'suspended', 'cancelled']);
    const sent = await steps();
    for (const step of ['degrade-read_only', 'degrade-suspended', 'degrade-cancelled']) assert.ok(sent.includes(step), sent.join(', '));
    assert.equal((await collecting.stripeClient.subscriptions.retrieve(owing.subscriptionId)).status, 'canceled');
    const actions: unknown = await inTenant(collecting.making.databases.main, owing.tenantId, (trx) =>
      trx('audit_log').where({ object_type: 'tenant' }).orderBy('seq').pluck('action'),
    );
    assert.deepEqual(actions, ['tenant.reduce-access', 'tenant.reduce-access', 'tenant.reduce-access']);
  });

  it('gives access back when the invoice is paid at last', async () => {
    const owing = await collecting.owing({ cards: [sometimes(7)] });
    const result = await run(owing);
    assert.equal(result.outcome, 'paid');
    assert.ok(
      result.decisions.some(({ action }) => action === 'degrade'),
      'it was brought down',
    );
    assert.equal(result.decisions.at(-2)?.action, 'restore');
    assert.equal(await collecting.accessLevel(owing.tenantId), 'full');
  });

  it('gives access back when the run is cancelled, for nobody else would', async () => {
    const owing = await collecting.owing({ cards: [forever] });
    const handle = await collecting.start(owing);
    collecting.around = async (name, act) => {
      const result = await act();
      if (name === 'changeAccess' && (await collecting.accessLevel(owing.tenantId)) === 'suspended') await handle.cancel();
      return result;
    };
    await assert.rejects(handle.result());
    assert.equal(await collecting.accessLevel(owing.tenantId), 'full');
    assert.equal(await stripeStatus(owing), 'open');
  });

  it('does not give back for one invoice what another has taken', async () => {
    const { tenantId, invoiceId } = await collecting.owing({ cards: [forever] });
    const { databases } = collecting.making;
    const other = newId();
    const row = { id: other, tenant_id: tenantId, stripe_invoice_id: `in_${other}`, status: 'open', amount_minor: 100, currency: 'usd' };
    await inTenant(databases.main, tenantId, (trx) => trx('invoices').insert(row));
    const { changeAccess } = createCollectionActivities({ knex: databases.main });
    const run = { runId: newId(), tenantId, startedBy: newId(), requestId: newId() };
    const levels: string[] = [];
    for (const [id, to] of [
      [invoiceId, 'read_only'],
      [other, 'suspended'],
      [invoiceId, 'full'],
      [other, 'suspended'],
      [other, 'full'],
    ] as const) {
      await changeAccess({ tenantId, invoiceId: id, to, run });
      levels.push(await collecting.accessLevel(tenantId));
    }
    assert.deepEqual(levels, ['read_only', 'suspended', 'suspended', 'suspended', 'full']);
  });

  it('writes to the next contact when mail bounced', async () => {
    const owing = await collecting.owing({ cards: [sometimes(3)], contacts: ['gone@bounce.example', 'head@lincoln.example'] });
    const result = await run(owing);
    assert.equal(result.outcome, 'paid');
    assert.deepEqual(
      (await collecting.mails()).map(({ to, subject }) => `${to} ${subject.split(' (')[0]}`),
      ['gone@bounce.example Your payment failed', 'head@lincoln.example Your payment failed'],
    );
    assert.ok(
      result.decisions.some(({ rule }) => rule === 'bounced-mail'),
      'by the rule for bounces',
    );
  });

  it('charges nothing and mails nobody when the invoice is paid in the meantime', async () => {
    for (const moment of ['charge', 'sendDunningMail', 'changeAccess']) {
      const owing = await collecting.owing({ cards: [forever] });
      let paid = false;
      const before = (await collecting.charges()).length;
      collecting.around = async (name, act) => {
        if (name === moment && !paid) {
          paid = true;
          await collecting.stripeClient.invoices.pay(owing.stripeInvoiceId, { paid_out_of_band: true });
          if (moment === 'changeAccess') await collecting.tell(owing, handle);
        }
        return act();
      };
      const handle = await collecting.start(owing);
      const result = await handle.result();
      assert.equal(result.outcome, 'paid', moment);
      if (moment !== 'changeAccess') assert.equal((await collecting.charges()).length, before, moment);
      assert.equal(await collecting.accessLevel(owing.tenantId), 'full');
    }
  });

  it('is paid once when the customer pays while the request is on its way', async () => {
    const owing = await collecting.owing({ cards: [sometimes(1)] });
    const charge = { kind: 'delay', method: 'POST', path: '/v1/invoices/*/pay' } as const;
    await collecting.stripe.control.addFault({ ...charge, delayMs: 1_000 });
    collecting.around = async (name, act) => {
      if (name !== 'charge') return act();
      const charging = act();
      // Its request waits at the door of Stripe: this one passes it.
      await until(async () => (await faultsLeft()) === 0);
      await collecting.stripeClient.invoices.pay(owing.stripeInvoiceId, { paid_out_of_band: true });
      return charging;
    };
    const result = await run(owing);
    assert.deepEqual([result.outcome, result.attempts, await collecting.charges()], ['paid', 1, []]);
  });

  it('goes on by the schedule of an outage when Stripe does not answer charges', async () => {
    const owing = await collecting.owing({ cards: [sometimes(1)] });
    await collecting.stripe.control.addFault({ kind: 'status', status: 503, method: 'POST', path: '/v1/invoices/*/pay', times: 5 });
    const result = await run(owing);
    assert.deepEqual([result.outcome, result.attempts], ['paid', 3]);
    assert.deepEqual(await collecting.charges(), keys(owing, 3));
  });

  it('waits as long as Stripe is away altogether', async () => {
    const owing = await collecting.owing({ cards: [sometimes(1)] });
    let calls = 0;
    collecting.around = async (name, act) => {
      if (name === 'charge' && (calls += 1) === 1) {
        await collecting.stripe.control.addFault({ kind: 'status', status: 503, times: 60 });
      }
      return act();
    };
    const result = await run(owing);
    assert.deepEqual([result.outcome, (await collecting.charges()).length], ['paid', 1]);
    assert.ok(calls > 10, `${calls} calls`);
  });

  it('ends when the school is removed', async () => {
    const owing = await collecting.owing({ cards: [forever] });
    collecting.around = async (name, act) => {
      if (name === 'charge')
        await inPlatform(collecting.making.databases.main, async (trx) => Tenant.query(trx).deleteById(owing.tenantId));
      return act();
    };
    const { outcome } = await run(owing);
    assert.deepEqual([outcome, await collecting.charges()], ['gone', []]);
  });

  it('keeps what names a person, and the link, out of its history', async () => {
    const owing = await collecting.owing({ cards: [forever] });
    const handle = await collecting.start(owing);
    await handle.result();
    const history = JSON.stringify(await openedHistory(handle));
    for (const secret of ['bursar@lincoln.example', 'Bursar', 'invoice.stripe.com', 'School owing'])
      assert.ok(!history.includes(secret), secret);
  });
});
