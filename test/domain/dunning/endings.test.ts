import assert from 'node:assert/strict';
import type { DunningEvent, InvoiceHistory } from '../../../domain/dunning/history.ts';
import { defaultPolicy as policy, type DunningPolicy } from '../../../domain/dunning/policy.ts';
import { attempt, day, declined, failed, hour, mastercard, start, visa } from './support/histories.ts';
import { at, after, next, mailed, told } from './support/steps.ts';

describe('domain/dunning/decide, what people do and how it ends', () => {
  describe('staff', () => {
    it('retry now: at once, whatever the schedule and the hour', () => {
      const night = at('03T23:30');
      const { action, rule } = next(told(failed()), night, { type: 'retry-requested', at: night });
      assert.deepEqual([action.kind, rule], ['charge', 'person-asked']);
    });

    it('retry now is done with after one attempt', () => {
      const asked = after(
        told(failed()),
        { type: 'retry-requested', at: start + hour },
        { type: 'attempted', attempt: declined('generic_decline', start + hour + 1) },
      );
      assert.equal(next(asked, start + 2 * hour).action.kind, 'wait');
    });

    it('pause: nothing happens until the pause ends or is ended, and all days move by it', () => {
      const paused = after(told(failed()), { type: 'paused', at: start, until: start + 10 * day });
      assert.deepEqual(next(paused, start + 2 * day).action, { kind: 'wait', until: start + 10 * day, for: 'resume' });
      const resumed = after(paused, { type: 'resumed', at: start + 5 * day });
      assert.equal(next(resumed, start + 5 * day).action.kind, 'charge');
      const declinedAgain = after(resumed, { type: 'attempted', attempt: declined('lost_card', start + 5 * day) });
      const silent = { ...declinedAgain, contacts: [] };
      // 09:00 UTC is 11:00 in Berlin once the clocks have changed.
      assert.deepEqual(next(silent, start + 6 * day).action, { kind: 'wait', until: start + 19 * day, for: 'degrade' });
    });

    it('a pause without an end is ended by the policy', () => {
      const paused = after(told(failed()), { type: 'paused', at: start });
      assert.deepEqual(next(paused, start + day).action, { kind: 'wait', until: start + 30 * day, for: 'resume' });
      assert.notEqual(next(paused, start + 30 * day).rule, 'paused');
    });

    it('forgive: the invoice is closed, access comes back, the run ends', () => {
      const forgiven = after(failed(), { type: 'degraded', to: 'read_only', at: start + 14 * day }, { type: 'forgiven' });
      assert.deepEqual(next(forgiven, start + 15 * day).action, { kind: 'write-off', because: 'forgiven' });
      const closed = after(forgiven, { type: 'invoice-changed', status: 'uncollectible' });
      assert.deepEqual(next(closed, start + 15 * day).action, { kind: 'restore' });
      assert.deepEqual(next(closed, start + 15 * day, { type: 'restored' }).action, { kind: 'end', outcome: 'forgiven' });
    });

    it('exempt: the run ends', () => {
      assert.deepEqual(next(failed(), start, { type: 'exempted' }).action, { kind: 'end', outcome: 'exempt' });
    });
  });

  describe('an exemption by policy', () => {
    for (const [what, about, by] of [
      ['a mark', { tags: ['dunning-exempt'] }, policy],
      ['a small amount', {}, { ...policy, exemption: { tags: [], amountsBelow: { usd: 20_000 } } }],
    ] as const)
      it(`by ${what} ends the run before anything is done`, () => {
        assert.deepEqual(next(failed(about), start, undefined, by).action, { kind: 'end', outcome: 'exempt' });
      });

    it('by amount is of one currency', () => {
      const euros = { ...policy, exemption: { tags: [], amountsBelow: { eur: 20_000 } } };
      assert.equal(next(failed(), start, undefined, euros).action.kind, 'mail');
    });
  });

  describe('mail', () => {
    it('that bounced goes to the next contact, the same step', () => {
      const { action, rule, reason } = next(after(failed(), mailed('notice')), start + hour, { type: 'mail-bounced', contact: 'billing' });
      assert.deepEqual(action, { kind: 'mail', step: 'notice', template: 'payment-failed', contact: 'head' });
      assert.equal(rule, 'bounced-mail');
      assert.match(reason, /next contact, since mail to the one before bounced/);
    });

    it('that reaches nobody any more is said and does not hold up the rest', () => {
      const deaf = after(
        failed(),
        mailed('notice'),
        { type: 'mail-bounced', contact: 'billing' },
        { type: 'mail-bounced', contact: 'head' },
      );
      const { action, reason } = next(deaf, start + hour);
      assert.equal(action.kind === 'wait' && action.for, 'charge');
      assert.match(reason, /Mail reaches nobody there: every contact bounced\.$/);
    });

    it('that is overdue is not caught up with: only the last step is sent', () => {
      const { action } = next(failed({ attempts: [declined('lost_card')] }), start + 10 * day);
      assert.equal(action.kind === 'ask' && action.step, 'card-needed-warning');
    });

    it('stops when the invoice is paid', () => {
      assert.deepEqual(next(failed(), start + 20 * day, { type: 'invoice-changed', status: 'paid' }).action, {
        kind: 'end',
        outcome: 'paid',
      });
    });
  });

  describe('access', () => {
    const silent = (history: InvoiceHistory): InvoiceHistory => ({ ...history, contacts: [] });
    const dead = silent(failed({ attempts: [declined('lost_card')] }));

    it('goes down one step at a time, with days of notice between, however late the run is', () => {
      assert.deepEqual(next(dead, start + 40 * day).action, { kind: 'degrade', to: 'read_only' });
      const readOnly = after(dead, { type: 'degraded', to: 'read_only', at: start + 40 * day });
      assert.deepEqual(next(readOnly, start + 40 * day).action, { kind: 'wait', until: start + 43 * day, for: 'degrade' });
      assert.deepEqual(next(readOnly, start + 43 * day).action, { kind: 'degrade', to: 'suspended' });
      const suspended = after(readOnly, { type: 'degraded', to: 'suspended', at: start + 43 * day });
      assert.deepEqual(next(suspended, start + 46 * day).action, { kind: 'degrade', to: 'cancelled' });
      const cancelled = after(suspended, { type: 'degraded', to: 'cancelled', at: start + 46 * day });
      assert.deepEqual(next(cancelled, start + 46 * day).action, { kind: 'write-off', because: 'policy' });
    });

    it('goes on where an older invoice of the subscription left it', () => {
      const degraded = [{ to: 'read_only', at: start - 2 * day }] as const;
      const history = { ...dead, unpaidSince: start - 20 * day, degraded };
      assert.deepEqual(next(history, start + 2 * day).action, { kind: 'degrade', to: 'suspended' });
    });

    it('is given back when the invoice is paid, unless the subscription was cancelled', () => {
      const readOnly = after(
        dead,
        { type: 'degraded', to: 'read_only', at: start + 14 * day },
        { type: 'invoice-changed', status: 'paid' },
      );
      assert.deepEqual(next(readOnly, start + 15 * day).action, { kind: 'restore' });
      const cancelled = after(readOnly, { type: 'degraded', to: 'suspended', at: start }, { type: 'degraded', to: 'cancelled', at: start });
      assert.deepEqual(next(cancelled, start + 15 * day).action, { kind: 'end', outcome: 'paid' });
    });

    it('is told after each step', () => {
      const history = after(failed({ attempts: [declined('lost_card')] }), { type: 'degraded', to: 'read_only', at: start + 14 * day });
      const { action } = next(history, start + 14 * day);
      assert.equal(action.kind === 'ask' && action.template, 'access-read-only');
    });
  });

  describe('the end', () => {
    it('comes on the day of writing off, after the last mail', () => {
      const levels = ['read_only', 'suspended', 'cancelled'] as const;
      const down = after(
        failed(),
        ...levels.map((to, index): DunningEvent => ({ type: 'degraded', to, at: start + (14 + 7 * index) * day })),
      );
      const letter = next(down, start + 28 * day).action;
      assert.equal(letter.kind === 'mail' && letter.template, 'subscription-cancelled');
      const told = after(down, mailed('degrade-cancelled', 'billing', start + 28 * day));
      assert.deepEqual(next(told, start + 28 * day).action, { kind: 'write-off', because: 'policy' });
      assert.deepEqual(next(told, start + 28 * day, { type: 'invoice-changed', status: 'uncollectible' }).action, {
        kind: 'end',
        outcome: 'written-off',
      });
    });

    it('says good-bye by the template of the policy', () => {
      const by: DunningPolicy = { ...policy, degrade: { steps: [], noticeDays: 3 }, writeOff: { day: 28, template: 'written-off' } };
      assert.deepEqual(next(failed(), start + 28 * day, undefined, by).action, {
        kind: 'mail',
        step: 'write-off',
        template: 'written-off',
        contact: 'billing',
      });
    });

    for (const status of ['paid', 'void'] as const)
      it(`comes at once when the invoice is ${status}`, () => {
        assert.deepEqual(next(failed(), start, { type: 'invoice-changed', status }).action, { kind: 'end', outcome: status });
      });

    it('comes when the customer ended the subscription, not when dunning did', () => {
      assert.deepEqual(next(failed(), start, { type: 'subscription-ended' }).action, { kind: 'end', outcome: 'subscription-ended' });
      const ours = after(told(failed()), { type: 'degraded', to: 'cancelled', at: start + 27 * day }, mailed('degrade-cancelled'), {
        type: 'subscription-ended',
      });
      assert.notEqual(next(ours, start + 27 * day).action.kind, 'end');
    });
  });

  describe('a newer invoice of the subscription', () => {
    const newer = after(failed(), { type: 'newer-invoice', id: 'in_2' });

    it('takes over mails, degrading and scheduled retries; this one stands back', () => {
      const { action, reason } = next(newer, start + 20 * day);
      assert.deepEqual(action, { kind: 'wait', until: start + 28 * day, for: 'write-off' });
      assert.match(reason, /a newer invoice of the subscription is collected/);
    });

    it('that is paid makes this one try at once', () => {
      const { action } = next(newer, start + 20 * day, { type: 'newer-invoice-paid', id: 'in_2', at: start + 20 * day });
      assert.deepEqual(action, { kind: 'charge', methodId: 'pm_visa', attempt: 2, trigger: 'newer-invoice-paid' });
    });

    it('changes nothing where the policy collects both', () => {
      const both: DunningPolicy = { ...policy, newerInvoice: 'collect-both' };
      assert.equal(next(told(newer), start + day, undefined, both).action.kind, 'charge');
    });
  });

  describe('a backup payment method', () => {
    it('is charged in the window when the first is dead, before anybody is asked for a card', () => {
      const { action, reason } = next(failed({ methods: [visa, mastercard], attempts: [declined('lost_card')] }), start);
      assert.deepEqual(action, { kind: 'charge', methodId: 'pm_mc', attempt: 2, trigger: 'backup' });
      assert.match(reason, /with the backup payment method \(mastercard\): it was not tried yet/);
    });

    it('comes in after so many soft declines', () => {
      const attempts = [0, 1, 3].map((days) => declined('generic_decline', start + days * day));
      const { action } = next(told(failed({ methods: [visa, mastercard], attempts })), start + 3 * day);
      assert.equal(action.kind === 'charge' && action.trigger, 'backup');
    });

    it('is left alone where the policy says so', () => {
      const by = { ...policy, backup: { use: false, afterSoftDeclines: 1 } };
      assert.equal(
        next(failed({ methods: [visa, mastercard], attempts: [declined('lost_card')] }), start, undefined, by).action.kind,
        'ask',
      );
    });
  });

  it('waits for a payment on its way, and never charges beside it', () => {
    const history = told(failed({ attempts: [attempt({ at: start, outcome: 'pending' })] }));
    assert.deepEqual(next(history, start + day).action, { kind: 'wait', until: start + 14 * day, for: 'settlement' });
    assert.notEqual(next(history, start + 14 * day, { type: 'retry-requested', at: start + 14 * day }).action.kind, 'charge');
  });

  it('asks for a card when there is none', () => {
    const { action, reason } = next(failed({ methods: [], attempts: [] }), start);
    assert.equal(action.kind === 'ask' && action.for, 'payment-method');
    assert.match(reason, /there is no payment method/);
  });

  it('leaves charging to Stripe where Stripe owns it, and does the rest', () => {
    const stripe: DunningPolicy = { ...policy, owner: 'stripe' };
    const { action, reason } = next(told(failed()), start + 12 * day, { type: 'retry-requested', at: start + 12 * day }, stripe);
    assert.equal(action.kind === 'wait' && action.for, 'degrade');
    assert.match(reason, /Stripe's own retries collect this invoice/);
    assert.deepEqual(next(told(failed()), start + 14 * day, undefined, stripe).action, { kind: 'degrade', to: 'read_only' });
  });
});
