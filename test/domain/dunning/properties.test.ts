import assert from 'node:assert/strict';
import { type Arbitrary, assert as hold, property } from 'fast-check';
import { decide } from '../../../domain/dunning/decide.ts';
import type { DunningPolicy } from '../../../domain/dunning/policy.ts';
import { policies, worlds } from './support/arbitraries.ts';
import { clockOf } from './support/clock.ts';
import { day, hour } from './support/histories.ts';
import { play, type Played, type World } from './support/play.ts';

type Case = World & { zone: string };
const everywhere = (check: (policy: DunningPolicy, world: Case, played: Played[]) => void, of: Arbitrary<DunningPolicy> = policies): void =>
  hold(
    property(of, worlds, (policy, world) => check(policy, world, play(policy, world))),
    { numRuns: 400 },
  );
const charges = (played: readonly Played[]) =>
  played.flatMap(({ action, now, history }) => {
    if (action.kind !== 'charge') return [];
    const method = history.methods.find(({ id }) => id === action.methodId);
    assert.ok(method, 'It charges a payment method that is not there.');
    return [
      { ...action, now, history, method, known: [...history.attempts, ...history.elsewhere].filter(({ card }) => card === method.card) },
    ];
  });

/** Written down once more, by code: the nine that Stripe never executes, less the two that are cured by the customer. */
const deadCodes =
  'incorrect_number lost_card pickup_card stolen_card revocation_of_authorization revocation_of_all_authorizations highest_risk_level transaction_not_allowed'.split(
    ' ',
  );

describe('the decision of dunning, whatever happens', function () {
  this.timeout(120_000);

  it('never charges an invoice that is paid, void or uncollectible', () => {
    everywhere((_, __, played) => {
      for (const { history } of charges(played)) assert.equal(history.invoice.status, 'open');
    });
  });

  it('never exceeds a cap of a network in any stretch of time', () => {
    everywhere(({ caps }, _, played) => {
      for (const { now, method, known } of charges(played)) {
        const own = caps.filter(({ network }) => network === (['visa', 'mastercard'].includes(method.brand) ? method.brand : 'other'));
        for (const { attempts, withinHours } of own) {
          const within = known.filter(({ at }) => at >= now - withinHours * hour && at <= now);
          assert.ok(within.length < attempts, `${within.length + 1} attempts with ${method.brand}, ${attempts} are allowed`);
        }
      }
    });
  });

  it('never charges a card again that was declined for good, unless it is another card', () => {
    everywhere((_, __, played) => {
      for (const { known } of charges(played))
        for (const { outcome, declineCode = '', adviceCode, brand, networkAdviceCode, networkDeclineCode } of known) {
          if (outcome !== 'declined') continue;
          assert.ok(!deadCodes.includes(declineCode), declineCode);
          assert.notEqual(adviceCode, 'do_not_try_again');
          if (brand === 'mastercard') assert.notEqual(networkAdviceCode, '03');
          if (brand === 'visa') assert.notEqual(networkDeclineCode, '46');
        }
    });
  });

  it('never charges a card again that needs authentication or other details, until the customer did something', () => {
    everywhere((_, __, played) => {
      for (const { known, method } of charges(played)) {
        const since = known.filter(({ at, outcome }) => at >= method.since && outcome === 'declined');
        assert.ok(
          !since.some(
            ({ declineCode, adviceCode }) =>
              adviceCode === 'confirm_card_data' || declineCode === 'authentication_required' || declineCode === 'expired_card',
          ),
        );
      }
    });
  });

  it('never charges while a payment is on its way, and never more often than the policy allows', () => {
    everywhere(({ attempts }, _, played) => {
      for (const { history, attempt } of charges(played)) {
        assert.ok(!history.attempts.some(({ outcome }) => outcome === 'pending'));
        assert.ok(attempt <= attempts.total);
      }
    });
  });

  it('never leaves out a step of degrading, and takes two only with days of notice between', () => {
    everywhere(({ degrade }, _, played) => {
      const steps = played.flatMap(({ action, now }) => (action.kind === 'degrade' ? [{ to: action.to, now }] : []));
      assert.deepEqual(
        steps.map(({ to }) => to),
        degrade.steps.slice(0, steps.length).map(({ level }) => level),
      );
      steps.forEach(({ now }, at) => assert.ok(at === 0 || now - (steps[at - 1]?.now ?? 0) >= degrade.noticeDays * day));
    });
  });

  it('charges by schedule only in the time window of the customer, on both sides of a change of clocks', () => {
    everywhere(({ window }, { zone }, played) => {
      for (const { now, trigger } of charges(played)) {
        if (trigger !== 'schedule' && trigger !== 'backup') continue;
        const { time, weekday } = clockOf(zone, now);
        assert.ok(time >= window.from && time < window.to && window.weekdays?.includes(weekday), `${time} on day ${weekday}`);
      }
    });
  });

  it('always ends: by the day of writing off, put off only by pauses, payments on their way, days of notice, closed windows and lateness', () => {
    everywhere((policy, { history: { since }, lateness = [0] }, played) => {
      const end = played.at(-1);
      assert.equal(end?.action.kind, 'end');
      const late = Math.max(...lateness) * 12;
      const bound = since + (policy.writeOff.day + policy.maxPauseDays + policy.pendingDays + 3 * (7 + policy.degrade.noticeDays)) * day;
      assert.ok(end.now <= bound + late, `${(end.now - since) / day} days`);
      assert.ok(played.length < 250, `${played.length} decisions`);
    });
  });

  it('waits for a moment ahead, always', () => {
    everywhere((_, __, played) => {
      for (const { action, now } of played) if (action.kind === 'wait') assert.ok(action.until > now);
    });
  });

  it('mails each step once to a contact, and to nobody who bounced', () => {
    everywhere((_, __, played) => {
      const sent = new Set<string>();
      for (const { action, history } of played) {
        if (action.kind !== 'mail' && action.kind !== 'ask') continue;
        assert.ok(!sent.has(`${action.step} ${action.contact}`), `${action.step} again`);
        assert.ok(!history.bouncedContacts.includes(action.contact));
        sent.add(`${action.step} ${action.contact}`);
      }
    });
  });

  it('mails, degrades and charges nobody whose invoice is paid', () => {
    everywhere((_, __, played) => {
      for (const { action, history } of played)
        if (history.invoice.status === 'paid') assert.ok(action.kind === 'restore' || action.kind === 'end', action.kind);
    });
  });

  it('gives access back to whoever paid, but for what was cancelled', () => {
    everywhere((_, __, played) => {
      const { action, history } = played.at(-1) ?? {};
      if (action?.kind !== 'end' || (action.outcome !== 'paid' && action.outcome !== 'void')) return;
      const isDown = history?.degraded.length && !history.restored;
      assert.ok(!isDown || history.degraded.some(({ to }) => to === 'cancelled'));
    });
  });

  it('decides the same from the same, also when it went through JSON', () => {
    everywhere((policy, _, played) => {
      for (const { history, now, action, rule, reason } of played) {
        const [samePolicy, sameHistory] = JSON.parse(JSON.stringify([policy, history])) as [DunningPolicy, Played['history']];
        assert.deepEqual(decide(samePolicy, sameHistory, undefined, now), { action, rule, reason });
      }
    });
  });

  it('says why in a sentence', () => {
    everywhere((_, __, played) => {
      for (const { reason } of played) {
        assert.match(reason, /^[A-Z'].{8,400}\.$/);
        assert.doesNotMatch(reason, /undefined|NaN|null|\[object/);
      }
    });
  });

  it('never charges where Stripe owns the retries', () => {
    everywhere(
      (_, __, played) => assert.deepEqual(charges(played), []),
      policies.map((policy) => ({ ...policy, owner: 'stripe' as const })),
    );
  });

  it('is not idle: these worlds see charges of every kind, every level, every outcome and every rule', () => {
    const seen = new Set<string>();
    everywhere((_, __, played) => {
      for (const { action, rule } of played) {
        seen.add(rule).add(action.kind);
        if (action.kind === 'charge') seen.add(action.trigger);
        if (action.kind === 'degrade') seen.add(action.to);
        if (action.kind === 'end') seen.add(action.outcome);
      }
    });
    const rare = [
      'schedule',
      'backup',
      'new-payment-method',
      'staff',
      'newer-invoice-paid',
      'cancelled',
      'paid',
      'void',
      'written-off',
      'forgiven',
      'exempt',
      'restore',
      'payment-pending',
      'paused',
    ];
    assert.deepEqual(
      rare.filter((what) => !seen.has(what)),
      [],
    );
  });
});
