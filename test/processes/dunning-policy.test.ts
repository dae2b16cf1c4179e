import assert from 'node:assert/strict';
import { z } from 'zod';
import { defaultPolicy } from '../../domain/dunning/policy.ts';
import { type Issue, ValidationError } from '../../domain/errors.ts';
import { dunningPolicySchema, readDunningPolicy } from '../../processes/support/dunning-policy.ts';

const own = { name: 'ours', version: 1 };
/** What the schema says of a policy, as "path: message". */
function issuesOf(policy: object): string[] {
  try {
    readDunningPolicy({ ...own, ...policy });
    return [];
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    const { issues } = error.details as { issues: readonly Issue[] };
    return issues.map(({ path, message }) => `${path}: ${message}`);
  }
}
const { degrade, mails, retryAfterHours } = defaultPolicy;

describe('processes/support/dunning-policy', () => {
  it('takes the standard policy as it is, and makes what is left out the same', () => {
    assert.deepEqual(readDunningPolicy(defaultPolicy), defaultPolicy);
    assert.deepEqual(readDunningPolicy(own), { ...defaultPolicy, ...own });
  });

  it('takes the limit that Visa has had since April 2026', () => {
    assert.deepEqual(issuesOf({ caps: defaultPolicy.caps.map((cap) => (cap.network === 'visa' ? { ...cap, attempts: 20 } : cap)) }), []);
  });

  it('describes itself as JSON Schema', () => {
    const schema = z.toJSONSchema(dunningPolicySchema, { io: 'input' });
    assert.deepEqual(schema.required, ['name', 'version']);
  });

  for (const [what, policy, issues] of [
    ['two owners', { owner: 'both' }, ['owner: platform or stripe, never both']],
    [
      'hours in disorder',
      { retryAfterHours: { ...retryAfterHours, soft: [24, 12] } },
      ['retryAfterHours.soft: each later than the one before'],
    ],
    [
      'retries after the end',
      { retryAfterHours: { ...retryAfterHours, soft: [800] } },
      ['retryAfterHours.soft: the last retry comes before the day of writing off'],
    ],
    [
      'more retries than attempts',
      { attempts: { perCard: 4, total: 20 } },
      ['retryAfterHours.soft: with the first failure these are more attempts than attempts.perCard allows'],
    ],
    ['fewer attempts in all than with one card', { attempts: { perCard: 9, total: 8 } }, ['attempts.total: not fewer than perCard']],
    [
      'a limit laxer than the network',
      { caps: defaultPolicy.caps.slice(1) },
      ['caps: visa allows at most 20 attempts in 720 hours: a cap at least as strict is needed'],
    ],
    [
      'a limit of a shorter time',
      { caps: [...defaultPolicy.caps.slice(1), { network: 'visa', attempts: 15, withinHours: 24 }] },
      ['caps: visa allows at most 20 attempts in 720 hours: a cap at least as strict is needed'],
    ],
    ['a window over midnight', { window: { from: '18:00', to: '09:00' } }, ['window.to: later than from: the window lies within a day']],
    [
      'no time of day',
      { window: { from: '09', to: '25:00' } },
      ['window.from: a time of day like 09:00', 'window.to: a time of day like 09:00'],
    ],
    ['no weekday', { window: { from: '09:00', to: '10:00', weekdays: [] } }, ['window.weekdays: at least one day']],
    [
      'a pay-day of no month',
      { payDays: { daysOfMonth: [32], codes: ['insufficient_funds'], latestHours: 24 } },
      ['payDays.daysOfMonth.0: 1 to 31, or -1 for the last day of the month'],
    ],
    [
      'a pay-day for a lost card',
      { payDays: { daysOfMonth: [1], codes: ['lost_card'], latestHours: 24 } },
      ['payDays.codes.0: no decline code that is retried in days'],
    ],
    [
      'a step that is left out',
      { degrade: { ...degrade, steps: degrade.steps.slice(1) } },
      ['degrade.steps.0.level: no step is left out: this one is read_only'],
    ],
    [
      'steps without notice',
      {
        degrade: {
          noticeDays: 3,
          steps: [
            { level: 'read_only', day: 2 },
            { level: 'suspended', day: 4 },
          ],
        },
      },
      [
        'degrade.steps.0.day: at least 3 days (noticeDays) after day 0',
        'degrade.steps.1.day: at least 3 days (noticeDays) after the step before',
      ],
    ],
    [
      'writing off before the last step',
      { writeOff: { day: 27 } },
      ['writeOff.day: not before the last step of degrade: none is left out'],
    ],
    ['a mail twice', { mails: { ...mails, hard: mails.soft } }, ['mails: a step has its own name, also across the four lists']],
    [
      'a mail after the end',
      { mails: { ...mails, soft: [{ step: 'late', day: 28, template: 'late' }] } },
      ['mails.soft: the last mail goes out before the day of writing off'],
    ],
    [
      "a name of the platform's",
      { mails: { ...mails, soft: [{ step: 'write-off', day: 0, template: 'bye' }] } },
      ['mails.soft.0.step: degrade-... and write-off are names of the platform: choose another'],
    ],
    ['a part that does not exist', { retries: 3 }, [': a policy has no such part: retries']],
  ] as const)
    it(`refuses ${what}`, () => assert.deepEqual(issuesOf(policy), issues));

  it('says everything that is wrong at once', () => {
    const issues = issuesOf({ name: '', owner: 'us', writeOff: { day: 5 }, window: { from: 'x', to: 'y' }, gapHours: 0 });
    const paths = ['name', 'owner', 'gapHours', 'window.from', 'window.to', 'retryAfterHours.soft', 'writeOff.day', 'mails.soft'];
    for (const path of paths)
      assert.ok(
        issues.some((issue) => issue.startsWith(`${path}:`)),
        path,
      );
  });
});
