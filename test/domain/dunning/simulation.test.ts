import assert from 'node:assert/strict';
import { assert as hold, integer, property } from 'fast-check';
import { defaultPolicy as policy, type DunningPolicy } from '../../../domain/dunning/policy.ts';
import { chance } from '../../../domain/dunning/simulation/chance.ts';
import type { FailedInvoice } from '../../../domain/dunning/simulation/invoices.ts';
import { customerOf } from '../../../domain/dunning/simulation/model.ts';
import type { DunningReport } from '../../../domain/dunning/simulation/report.ts';
import { simulateDunning } from '../../../domain/dunning/simulation/run.ts';
import { sampleInvoice } from '../../../domain/dunning/simulation/sample.ts';
import { simulateInvoice } from '../../../domain/dunning/simulation/simulate.ts';
import { berlin, day, start } from './support/histories.ts';

const sample = (count: number, seed = 1): FailedInvoice[] => Array.from({ length: count }, (_, number) => sampleInvoice(number, seed));
function run(policies: readonly DunningPolicy[], invoices: readonly FailedInvoice[], seed = 1): DunningReport[] {
  const running = simulateDunning({ policies, invoices, seed });
  let step = running.next();
  while (!step.done) step = running.next();
  return step.value;
}
const first = (reports: readonly DunningReport[]): DunningReport => {
  const [report] = reports;
  assert.ok(report);
  return report;
};
const failure = (about: Partial<FailedInvoice>): FailedInvoice => ({
  id: 'in_1',
  failedAt: start,
  amountMinor: 4_900,
  currency: 'usd',
  declineCode: 'insufficient_funds',
  brand: 'visa',
  timeZone: 'Europe/Berlin',
  ...about,
});
const simulate = (about: Partial<FailedInvoice>, by = policy, seed = 1) => simulateInvoice(by, customerOf(failure(about), 0, seed, berlin));

/** Kill Bill's default, three retries 8 days apart, with one mail. */
const eights: DunningPolicy = {
  ...policy,
  retryAfterHours: { outage: [], soft: [192, 384, 576] },
  payDays: null,
  backup: { use: false, afterSoftDeclines: 3 },
  mails: {
    outage: [],
    soft: policy.mails.soft.slice(0, 1),
    hard: policy.mails.hard.slice(0, 1),
    authentication: policy.mails.authentication.slice(0, 1),
  },
  degrade: { steps: [], noticeDays: 3 },
};

describe('domain/dunning/simulation', () => {
  it('draws the same from the same, and evenly', () => {
    hold(
      property(integer(), integer({ min: 0, max: 1e7 }), (seed, number) => assert.equal(chance(seed, number, 3), chance(seed, number, 3))),
    );
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let number = 0; number < 20_000; number += 1) {
      const tenth = Math.floor(chance(1, number, 5) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert.ok(count > 1_800 && count < 2_200, String(tenths));
  });

  it('answers the same for the same seed, and otherwise for another', () => {
    const [invoices, others] = [sample(500), sample(500, 2)];
    assert.deepEqual(run([policy], invoices), run([policy], invoices));
    assert.notDeepEqual(run([policy], invoices), run([policy], others, 2));
  });

  it('puts two policies before the very same customers', () => {
    const [one, two] = run([policy, { ...policy, name: 'again' }], sample(500));
    assert.deepEqual(one, two);
  });

  it('recovers what is published of good and of plain retries, most of it within ten days', () => {
    const [standard, plain] = run([policy, eights], sample(12_000));
    assert.ok(standard && plain);
    assert.ok(Math.abs(standard.invoices.share - 0.71) < 0.02, `${standard.invoices.share}`);
    assert.ok(Math.abs(plain.invoices.share - 0.53) < 0.02, `${plain.invoices.share}`);
    assert.ok(Math.abs(standard.daysToRecover.withinTenDays - 0.9) < 0.02, `${standard.daysToRecover.withinTenDays}`);
  });

  it('adds up: counts and money of codes and outcomes are those of the whole', () => {
    const invoices = sample(2_000);
    const report = first(run([policy], invoices));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const codes = Object.values(report.byDeclineCode);
    assert.equal(sum(codes.map(({ failed }) => failed)), invoices.length);
    assert.equal(sum(codes.map(({ recovered }) => recovered)), report.invoices.recovered);
    assert.equal(sum(Object.values(report.outcomes)), invoices.length);
    assert.equal(report.outcomes.paid, report.invoices.recovered);
    for (const [currency, { failed }] of Object.entries(report.money))
      assert.equal(failed, sum(invoices.filter((invoice) => invoice.currency === currency).map(({ amountMinor }) => amountMinor)));
  });

  it('charges where a retry really was made, at the first attempt after it', () => {
    const { outcome, days, attempts } = simulate({ declineCode: 'do_not_honor', truth: { paid: 'retry', at: start + 4 * day } });
    assert.deepEqual([outcome, days, attempts], ['paid', 5, 3]);
  });

  it('lets a customer who really paid pay when they did', () => {
    const { outcome, days, attempts } = simulate({ declineCode: 'lost_card', truth: { paid: 'customer', at: start + 3.5 * day } });
    assert.deepEqual([outcome, days, attempts], ['paid', 3.5, 1]);
  });

  it('lets whoever really never paid not pay', () => {
    const { outcome, days } = simulate({ truth: { paid: 'never' } });
    assert.deepEqual([outcome, days], ['written-off', undefined]);
  });

  it('never charges a dead card whose owner does nothing', () => {
    const truth = { paid: 'never' } as const;
    for (const declineCode of ['stolen_card', 'expired_card', 'authentication_required', 'do_not_try_again'])
      assert.equal(simulate({ declineCode, truth }).attempts, 0, declineCode);
    assert.equal(simulate({ adviceCode: 'do_not_try_again', truth }).attempts, 0);
  });

  it('charges nobody where Stripe retries', () => {
    const report = first(run([{ ...policy, owner: 'stripe' }], sample(300)));
    assert.equal(report.attempts.total, 0);
  });

  it('has figures for nothing', () => {
    assert.deepEqual(first(run([policy], [])).daysToRecover, { median: null, p90: null, withinTenDays: 0 });
  });
});
