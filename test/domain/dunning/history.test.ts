import assert from 'node:assert/strict';
import { assert as hold, constantFrom, property, shuffledSubarray } from 'fast-check';
import { type DunningEvent, type InvoiceHistory, recordEvent } from '../../../domain/dunning/history.ts';
import { outlook } from '../../../domain/dunning/outlook.ts';
import { defaultPolicy as policy } from '../../../domain/dunning/policy.ts';
import { refusalOf, type StaffMessage } from '../../../domain/dunning/refusals.ts';
import { attempt, day, declined, failed, hour, start } from './support/histories.ts';

const after = (history: InvoiceHistory, ...events: DunningEvent[]): InvoiceHistory => events.reduce(recordEvent, history);

describe('domain/dunning/history', () => {
  const facts: DunningEvent[] = [
    { type: 'attempted', attempt: { ...declined('generic_decline', start + day), id: 'one' } },
    { type: 'attempted', attempt: { ...declined('lost_card', start + 2 * day), id: 'two' } },
    { type: 'attempted-elsewhere', attempt: { ...declined('generic_decline', start + day), id: 'three' } },
    { type: 'attempted-elsewhere', attempt: { ...declined('generic_decline', start), id: 'four' } },
    { type: 'invoice-changed', status: 'uncollectible' },
    { type: 'invoice-changed', status: 'paid' },
    { type: 'mail-bounced', contact: 'billing' },
    { type: 'degraded', to: 'read_only', at: start + 14 * day },
    { type: 'retry-requested', at: start + day },
    { type: 'retry-requested', at: start + 2 * day },
    { type: 'exempted' },
  ];

  it('is the same in whatever order, and however often, the vendor tells it', () => {
    const expected = after(failed(), ...facts);
    hold(
      property(shuffledSubarray(facts, { minLength: facts.length }), constantFrom(...facts), (order, again) => {
        const { attempts: _, ...known } = after(failed({ attempts: [] }), ...order, again);
        const { attempts: __, ...wanted } = { ...expected };
        assert.deepEqual({ ...known }, { ...wanted });
      }),
    );
  });

  it('keeps attempts in order of time, each once', () => {
    const [first, second] = facts;
    assert.ok(first && second);
    const ids = after(failed({ attempts: [] }), second, first, second).attempts.map(({ id }) => id);
    assert.deepEqual(ids, ['one', 'two']);
  });

  it('learns how a pending attempt ended, and does not unlearn it', () => {
    const pending = attempt({ id: 'debit', at: start, outcome: 'pending' });
    const [known] = after(failed({ attempts: [pending] }), {
      type: 'attempted',
      attempt: { ...pending, outcome: 'declined', declineCode: 'insufficient_funds' },
    }).attempts;
    assert.equal(known?.outcome, 'declined');
    const again = after(failed({ attempts: known ? [known] : [] }), { type: 'attempted', attempt: pending });
    assert.equal(again.attempts[0]?.outcome, 'declined');
  });

  it('does not open a paid invoice again', () => {
    const paid = after(failed(), { type: 'invoice-changed', status: 'paid' }, { type: 'invoice-changed', status: 'open' });
    assert.equal(paid.invoice.status, 'paid');
  });
});

describe('domain/dunning/refusals', () => {
  const paused = after(failed(), { type: 'paused', at: start });
  const retry: StaffMessage = { type: 'retry-requested', at: start + hour };
  const dead = failed({ attempts: [declined('lost_card')] });
  for (const [what, history, message, refusal] of [
    ['a retry of a card that may be charged', failed(), retry, undefined],
    ['a retry of a dead card', dead, retry, 'It cannot be charged now: the bank answered: the card is reported lost.'],
    [
      'a retry of a paid invoice',
      after(failed(), { type: 'invoice-changed', status: 'paid' }),
      retry,
      'The invoice is paid: there is nothing left to collect.',
    ],
    ['a retry of a paused run', paused, retry, 'The run is paused: resume it first.'],
    ['a pause', failed(), { type: 'paused', at: start + hour }, undefined],
    ['a pause that is over', failed(), { type: 'paused', at: start + hour, until: start }, 'A pause ends in the future.'],
    ['a resume of a run that goes on', failed(), { type: 'resumed', at: start + hour }, 'The run is not paused.'],
    ['a resume of a paused run', paused, { type: 'resumed', at: start + hour }, undefined],
    ['forgiving', failed(), { type: 'forgiven' }, undefined],
  ] as const)
    it(`${refusal ? 'refuses' : 'takes'} ${what}`, () => {
      assert.equal(refusalOf(policy, history, message, start + hour), refusal);
    });

  it('refuses a pause when the days of pause are used up', () => {
    const late = start + 31 * day;
    assert.match(refusalOf(policy, paused, { type: 'paused', at: late }, late) ?? '', /30 days of pause in all, and they are used up/);
  });
});

describe('domain/dunning/outlook', () => {
  it('shows all that comes if nothing changes, to the end', () => {
    const steps = outlook(policy, failed(), start);
    const inShort = steps.map(({ action }) => ('step' in action ? action.step : 'to' in action ? action.to : action.kind));
    assert.deepEqual(
      inShort.filter((what) => what !== 'charge'),
      [
        'notice',
        'reminder',
        'warning',
        'read_only',
        'degrade-read_only',
        'suspended',
        'degrade-suspended',
        'last-call',
        'cancelled',
        'degrade-cancelled',
        'write-off',
        'end',
      ],
    );
    assert.equal(inShort.filter((what) => what === 'charge').length, 7);
    assert.equal(steps.at(-1)?.at, start + 28 * day);
  });

  it('shows no charge of a dead card', () => {
    assert.ok(outlook(policy, failed({ attempts: [declined('stolen_card')] }), start).every(({ action }) => action.kind !== 'charge'));
  });
});
