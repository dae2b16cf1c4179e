import fc from 'fast-check';
import {
  type Attempt,
  beginHistory,
  type DunningEvent,
  type InvoiceHistory,
  type PaymentMethod,
} from '../../../../domain/dunning/history.ts';
import { declines } from '../../../../domain/dunning/declines.ts';
import { defaultPolicy, type DunningPolicy } from '../../../../domain/dunning/policy.ts';
import { utc, type ZoneOffsets, zoneOffsets } from '../../../../domain/dunning/zone.ts';
import { readDunningPolicy } from '../../../../processes/support/dunning-policy.ts';
import { day, hour } from './histories.ts';
import type { World } from './play.ts';

export const zoneNames = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia'] as const;
/** Around changes of clocks; Apia went over the date line at the end of 2011. */
const begins = ['2026-03-20', '2026-10-20', '2026-03-01', '2011-12-20', '2026-01-31', '2024-02-27'].map((date) =>
  Date.parse(`${date}T00:00:00Z`),
);
const zones = new Map<string, ZoneOffsets>();
const zoneAt = (name: string, begin: number): ZoneOffsets => {
  const key = `${name} ${begin}`;
  if (!zones.has(key)) zones.set(key, zoneOffsets(name, begin - 60 * day, begin + 200 * day));
  return zones.get(key) ?? utc;
};

const rising = (most: number, length: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: most }), { maxLength: length }).map((hours) => hours.toSorted((a, b) => a - b));
const time = fc.tuple(fc.integer({ min: 0, max: 22 }), fc.integer({ min: 1, max: 10 })).map(([from, hours]) => {
  const text = (at: number): string => `${String(Math.min(24, at)).padStart(2, '0')}:00`;
  return { from: text(from), to: text(from + hours) };
});
const weekdays = fc.constantFrom([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5], [2], [6, 7]);

/** Any policy a tenant may have: what the schema takes. */
export const policies: fc.Arbitrary<DunningPolicy> = fc
  .record({
    outage: rising(20 * 24, 6),
    soft: rising(20 * 24, 12),
    gapHours: fc.integer({ min: 1, max: 48 }),
    total: fc.integer({ min: 13, max: 40 }),
    window: fc.tuple(time, weekdays).map(([time, weekdays]) => ({ ...time, weekdays })),
    payDays: fc.option(fc.constant({ daysOfMonth: [1, 15, -1], codes: ['insufficient_funds'], latestHours: 72 })),
    backup: fc.record({ use: fc.boolean(), afterSoftDeclines: fc.integer({ min: 1, max: 4 }) }),
    caps: fc.record({
      visa: fc.integer({ min: 1, max: 20 }),
      daily: fc.integer({ min: 1, max: 10 }),
      monthly: fc.integer({ min: 1, max: 35 }),
    }),
    degrade: fc.constantFrom([], [7], [7, 14], [7, 14, 21]),
    newerInvoice: fc.constantFrom('stand-back', 'collect-both'),
    maxPauseDays: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ outage, soft, total, caps, degrade, ...rest }) =>
    readDunningPolicy({
      ...rest,
      name: 'any',
      version: 1,
      retryAfterHours: { outage, soft },
      attempts: { perCard: 13, total },
      caps: [
        { network: 'visa', attempts: caps.visa, withinHours: 720 },
        { network: 'mastercard', attempts: caps.daily, withinHours: 24 },
        { network: 'mastercard', attempts: caps.monthly, withinHours: 720 },
        { network: 'other', attempts: 15, withinHours: 720 },
      ],
      degrade: {
        noticeDays: 3,
        steps: defaultPolicy.degrade.steps.slice(0, degrade.length).map((step, at) => ({ ...step, day: degrade[at] })),
      },
    }),
  );

const facts = {
  declineCode: fc.constantFrom(...Object.keys(declines), 'a_code_nobody_knows', ...Array.from({ length: 40 }, () => 'insufficient_funds')),
  adviceCode: fc.constantFrom(undefined, undefined, undefined, 'try_again_later', 'do_not_try_again', 'confirm_card_data'),
  networkAdviceCode: fc.constantFrom(undefined, undefined, undefined, '03', '25', '30'),
  networkDeclineCode: fc.constantFrom(undefined, undefined, undefined, '51', '46', '54'),
};
export const answers: fc.Arbitrary<Partial<Attempt>> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ outcome: fc.constant('declined' as const), ...facts }) },
  { weight: 4, arbitrary: fc.record({ outcome: fc.constant('unavailable' as const) }) },
  { weight: 1, arbitrary: fc.record({ outcome: fc.constantFrom('pending' as const, 'succeeded' as const) }) },
);

const methodOf = (number: number, card: number, since: number): PaymentMethod => ({
  id: `pm_${number}`,
  card: `card_${card}`,
  brand: ['visa', 'mastercard', 'amex'][card % 3] ?? 'visa',
  since,
});

/** What may happen to a run at any time; several times, too. */
function happening(begin: number, old: readonly PaymentMethod[], number: number): fc.Arbitrary<World['events'][number]> {
  const at = fc.integer({ min: 0, max: 35 * 24 * 60 }).map((minutes) => begin + minutes * 60_000);
  const events: ((at: number, dice: number) => DunningEvent)[] = [
    (at) => ({ type: 'retry-requested', at }),
    (at) => ({ type: 'retry-requested', at }),
    (at, dice) => ({ type: 'payment-methods-changed', methods: [methodOf(100 + number, dice % 5, at), ...old] }),
    (at, dice) => ({ type: 'payment-methods-changed', methods: dice % 3 ? old.map((method) => ({ ...method, since: at })) : [] }),
    (at, dice) => ({ type: 'paused', at, ...(dice % 2 ? { until: at + (dice % 9) * day } : {}) }),
    (at) => ({ type: 'resumed', at }),
    (_, dice) => ({ type: 'mail-bounced', contact: ['billing', 'head', 'office'][dice % 3] ?? '' }),
    (_, dice) => ({ type: 'newer-invoice', id: `in_${dice % 2}` }),
    (at, dice) => ({ type: 'newer-invoice-paid', id: `in_${dice % 2}`, at }),
    (at, dice) => ({
      type: 'attempted-elsewhere',
      attempt: {
        ...methodOf(dice, dice % 3, 0),
        methodId: `pm_${dice}`,
        id: `other_${number}_${dice}`,
        at,
        outcome: 'declined',
        declineCode: 'generic_decline',
      },
    }),
    (_, dice) => ({ type: 'invoice-changed', status: (['paid', 'void', 'uncollectible'] as const)[dice % 3] ?? 'paid' }),
    (_, dice) =>
      dice % 4
        ? { type: 'contacts-changed', contacts: ['office'] }
        : dice % 8
          ? { type: 'forgiven' }
          : dice % 16
            ? { type: 'exempted' }
            : { type: 'subscription-ended' },
  ];
  return fc.tuple(at, fc.constantFrom(...events), fc.nat(63)).map(([at, event, dice]) => ({ at, event: event(at, dice) }));
}

export const worlds: fc.Arbitrary<World & { zone: string }> = fc
  .record({
    zone: fc.constantFrom(...zoneNames),
    begin: fc
      .tuple(fc.constantFrom(...begins), fc.integer({ min: 0, max: 10 * 24 * 60 }))
      .map(([date, minutes]) => date + minutes * 60_000),
    methods: fc.integer({ min: 0, max: 3 }),
    first: answers,
    answers: fc.array(answers, { minLength: 1, maxLength: 12 }),
    lateness: fc.array(fc.constantFrom(0, 0, 0, hour, 30 * hour, 12 * day), { minLength: 1, maxLength: 5 }),
    events: fc.integer({ min: 0, max: 8 }),
  })
  .chain(({ zone, begin, methods: count, first, answers, lateness, events }) => {
    const methods = Array.from({ length: count }, (_, at) => methodOf(at, at, begin - 30 * day));
    const base = begins.findLast((date) => date <= begin && begin - date <= 10 * day) ?? begin;
    const attempts: Attempt[] = methods.slice(0, 1).map(({ id: methodId, card, brand }) => {
      const { outcome = 'declined', ...facts } = first;
      return { id: 'a1', at: begin, methodId, card, brand, ...facts, outcome: outcome === 'succeeded' ? 'declined' : outcome };
    });
    const history: InvoiceHistory = beginHistory({
      invoice: { id: 'in_1', amountMinor: 4_900, currency: 'usd' },
      since: begin,
      zone: zoneAt(zone, base),
      contacts: ['billing', 'head'],
      methods,
      attempts,
    });
    return fc
      .tuple(...Array.from({ length: events }, (_, number) => happening(begin, methods, number)))
      .map((events) => ({ zone, history, answers, lateness, events }));
  });
