import assert from 'node:assert/strict';
import { defaultPolicy as policy } from '../../../domain/dunning/policy.ts';
import { attempt, day, declined, failed, hour, mastercard, start, visa } from './support/histories.ts';
import { at, next, told } from './support/steps.ts';

describe('domain/dunning/decide', () => {
  describe('a soft decline', () => {
    it('is told to the customer at once', () => {
      const { action, rule } = next(failed(), start);
      assert.deepEqual([action, rule], [{ kind: 'mail', step: 'notice', template: 'payment-failed', contact: 'billing' }, 'mail-schedule']);
    });

    it('is retried after the hours of the policy, in the time window, and says so', () => {
      const { action, reason } = next(told(failed({ attempts: [declined('do_not_honor', at('03T20:00'))] })), at('03T20:00'));
      assert.deepEqual(action, { kind: 'wait', until: at('05T08:00'), for: 'charge' });
      assert.equal(
        reason,
        'The next attempt is on Thu 2026-03-05 09:00 (Europe/Berlin): 24 hours after its first decline, between 09:00 and 18:00 for the customer.',
      );
    });

    it('is charged when its time has come, under a number of its own', () => {
      const { action, rule, reason } = next(told(failed()), start + day);
      assert.deepEqual(action, { kind: 'charge', methodId: 'pm_visa', attempt: 2, trigger: 'schedule' });
      assert.equal(rule, 'retry-schedule');
      assert.equal(reason, 'Attempt 2 with the payment method (visa): 24 hours after its first decline.');
    });

    it('waits for a pay-day that is near when funds were short, not otherwise', () => {
      const late = (code: string) => told(failed({ since: at('13T07:00'), attempts: [declined(code, at('13T07:00'))] }));
      assert.deepEqual(next(late('insufficient_funds'), at('13T08:00')).action, { kind: 'wait', until: at('15T08:00'), for: 'charge' });
      assert.deepEqual(next(late('do_not_honor'), at('13T08:00')).action, { kind: 'wait', until: at('14T08:00'), for: 'charge' });
    });

    it('keeps the days between attempts when the platform was away', () => {
      const history = told(failed({ attempts: [declined('generic_decline'), declined('generic_decline', start + 9 * day)] }));
      assert.deepEqual(next(history, start + 9 * day).action, { kind: 'wait', until: start + 9 * day + 23 * hour, for: 'charge' });
    });

    it('is not retried more often than the policy allows for one card', () => {
      const attempts = Array.from({ length: 8 }, (_, number) => declined('generic_decline', start + number * day));
      const { action, reason } = next(told(failed({ attempts })), start + 8 * day);
      assert.equal(action.kind === 'wait' && action.for, 'degrade');
      assert.match(reason, /No attempt is planned: the Visa was tried 8 times, as often as the policy allows\./);
    });
  });

  describe('a hard decline', () => {
    it('asks for another payment method and is never retried by itself', () => {
      const history = failed({ attempts: [declined('lost_card')] });
      const { action, rule, reason } = next(history, start);
      assert.deepEqual(action, {
        kind: 'ask',
        for: 'payment-method',
        step: 'card-needed',
        template: 'payment-method-needed',
        contact: 'billing',
      });
      assert.equal(rule, 'needs-payment-method');
      assert.match(reason, /Only another payment method helps \(the bank answered: the card is reported lost\)/);
      const later = next(told(history), start + 4 * day);
      assert.equal(later.action.kind === 'wait' && later.action.for, 'mail');
    });

    it('is not moved by staff', () => {
      const history = told(failed({ attempts: [declined('do_not_try_again')] }));
      const { action, reason } = next(history, start + hour, { type: 'retry-requested', at: start + hour });
      assert.equal(action.kind, 'wait');
      assert.match(reason, /No attempt is planned: the bank answered: the bank asks not to try again\./);
    });

    it('is overcome by a new card, which is charged at once, at night too', () => {
      const night = at('04T02:00');
      const history = told(failed({ attempts: [declined('stolen_card')] }));
      const fresh = { ...mastercard, since: night };
      const { action, rule, reason } = next(history, night, { type: 'payment-methods-changed', methods: [fresh, visa] });
      assert.deepEqual(action, { kind: 'charge', methodId: 'pm_mc', attempt: 2, trigger: 'new-payment-method' });
      assert.equal(rule, 'person-asked');
      assert.match(reason, /the customer gave a new payment method/);
    });

    it('is not overcome by adding the same dead card again', () => {
      const again = { ...visa, id: 'pm_again', since: start + hour };
      const history = told(failed({ attempts: [declined('stolen_card')] }));
      assert.equal(next(history, start + hour, { type: 'payment-methods-changed', methods: [again] }).action.kind, 'wait');
    });

    it('is overcome by new details where details were wrong', () => {
      const history = told(failed({ attempts: [declined('expired_card')] }));
      const renewed = { ...visa, since: start + hour };
      assert.equal(next(history, start + hour, { type: 'payment-methods-changed', methods: [renewed] }).action.kind, 'charge');
    });

    it('of another invoice holds for this one', () => {
      const history = told(failed({ elsewhere: [declined('lost_card', start - day)] }));
      assert.equal(next(history, start + day).action.kind, 'wait');
    });
  });

  describe('missing authentication', () => {
    it('sends the link and never charges without the card holder', () => {
      const history = failed({ attempts: [declined('authentication_required')] });
      const { action, rule } = next(history, start);
      assert.deepEqual([action.kind, rule], ['ask', 'needs-authentication']);
      assert.equal(next(told(history), start + hour, { type: 'retry-requested', at: start + hour }).action.kind, 'wait');
    });
  });

  describe('an outage', () => {
    it('is retried within hours on a schedule of its own, without a mail', () => {
      const first = attempt({ at: start, outcome: 'unavailable' });
      assert.deepEqual(next(failed({ attempts: [first] }), start).action, { kind: 'wait', until: start + hour, for: 'charge' });
      const second = attempt({ at: start + hour, outcome: 'unavailable' });
      assert.deepEqual(next(failed({ attempts: [first, second] }), start + hour).action, {
        kind: 'wait',
        until: start + 4 * hour,
        for: 'charge',
      });
    });

    it('leaves the schedule of declines where it was', () => {
      const attempts = [
        declined('generic_decline'),
        attempt({ at: start + day, outcome: 'unavailable' }),
        declined('generic_decline', start + day + hour),
      ];
      assert.deepEqual(next(told(failed({ attempts })), start + 2 * day).action, { kind: 'wait', until: start + 3 * day, for: 'charge' });
    });

    it('goes on in days when it lasts', () => {
      const attempts = [0, 1, 4, 24].map((hours) => attempt({ at: start + hours * hour, outcome: 'unavailable' }));
      const { action } = next(told(failed({ attempts })), start + 25 * hour);
      assert.deepEqual(action, { kind: 'wait', until: start + 48 * hour, for: 'charge' });
    });
  });

  describe('the limits of the networks', () => {
    const strict = { ...policy, caps: [{ network: 'visa', attempts: 2, withinHours: 240 }] };

    it('put an attempt off until there is room, and say so', () => {
      const history = told(failed({ attempts: [declined('generic_decline'), declined('generic_decline', start + day)] }));
      const { action, reason } = next(history, start + 4 * day, undefined, strict);
      assert.deepEqual(action, { kind: 'wait', until: start + 10 * day + 1, for: 'charge' });
      assert.match(reason, /not before Visa's limit of 2 attempts in 10 days allows it/);
    });

    it('count attempts for other invoices with the same card', () => {
      const history = told(failed({ elsewhere: [declined('generic_decline', start - day)] }));
      const { action } = next(history, start + 2 * day, undefined, strict);
      assert.deepEqual(action, { kind: 'wait', until: start + 9 * day + 1, for: 'charge' });
    });

    it('hold for staff and for a card that is added again', () => {
      const history = told(failed({ attempts: [declined('generic_decline'), declined('generic_decline', start + day)] }));
      const asked = next(history, start + 2 * day, { type: 'retry-requested', at: start + 2 * day }, strict);
      assert.deepEqual(asked.action, { kind: 'wait', until: start + 10 * day + 1, for: 'charge' });
      assert.equal(asked.rule, 'person-asked');
      const again = { ...visa, id: 'pm_again', since: start + 2 * day };
      const added = next(history, start + 2 * day, { type: 'payment-methods-changed', methods: [again] }, strict);
      assert.equal(added.action.kind, 'wait');
    });

    it('include the wait that Mastercard names', () => {
      const history = told(
        failed({
          methods: [mastercard],
          attempts: [attempt({ at: start, declineCode: 'generic_decline', networkAdviceCode: '30' }, mastercard)],
        }),
      );
      const { action, reason } = next(history, start + 4 * day);
      assert.deepEqual(action, { kind: 'wait', until: start + 10 * day, for: 'charge' });
      assert.match(reason, /not within 10 days of a decline that forbids it/);
    });
  });
});
