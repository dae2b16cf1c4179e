import { z } from 'zod';
import { declines, tracks } from '../../domain/dunning/declines.ts';
import { accessLevels, defaultPolicy, type DunningPolicy } from '../../domain/dunning/policy.ts';
import { type Issue, ValidationError } from '../../domain/errors.ts';

type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;
/** A copy: what Zod hands out as a default may be changed by whoever gets it. */
const standard = structuredClone(defaultPolicy) as Mutable<DunningPolicy>;

const hours = z.number().min(0.25, 'at least a quarter of an hour').max(8_760, 'at most a year');
const days = (most: number) => z.int('whole days').min(0, 'not before day 0').max(most, `at most ${most}`);
const count = (most: number) => z.int('a whole number').min(1, 'at least 1').max(most, `at most ${most}`);
const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/, 'lower-case words with hyphens, like payment-failed')
  .max(60);
const clock = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day like 09:00');
const isRising = (values: readonly number[]): boolean => values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0));
const rising = z.array(hours).max(40).refine(isRising, 'each later than the one before');

const reserved = /^(?:degrade-|write-off$)/;
const mailStep = z.strictObject({
  step: name.refine((step) => !reserved.test(step), 'degrade-... and write-off are names of the platform: choose another'),
  day: days(365),
  template: name,
});
const mailSteps = z
  .array(mailStep)
  .max(20)
  .refine((steps) => isRising(steps.map(({ day }) => day)), 'each on a later day than the one before');

const cap = z.strictObject({
  network: name.describe("Stripe's name of the card's brand, or other."),
  attempts: count(1_000),
  withinHours: z.int('whole hours').min(1).max(8_760),
});
/** What the networks fine: a policy may be stricter, never laxer. Visa allows 20 since April 2026. */
const limits = [
  { network: 'visa', attempts: 20, withinHours: 720 },
  { network: 'mastercard', attempts: 10, withinHours: 24 },
  { network: 'mastercard', attempts: 35, withinHours: 720 },
] as const;
const caps = z
  .array(cap)
  .max(20)
  .check(({ value, issues }) => {
    for (const { network, attempts, withinHours } of limits) {
      if (value.some((own) => own.network === network && own.attempts <= attempts && own.withinHours >= withinHours)) continue;
      const message = `${network} allows at most ${attempts} attempts in ${withinHours} hours: a cap at least as strict is needed`;
      issues.push({ code: 'custom', message, input: value });
    }
  });

const window = z
  .strictObject({
    from: clock,
    to: clock,
    weekdays: z.array(z.int().min(1, '1 is Monday').max(7, '7 is Sunday')).min(1, 'at least one day').optional(),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'later than from: the window lies within a day' });

const payDays = z.strictObject({
  daysOfMonth: z
    .array(z.int().refine((day) => day === -1 || (day >= 1 && day <= 31), '1 to 31, or -1 for the last day of the month'))
    .min(1, 'at least one day'),
  codes: z
    .array(z.string().refine((code) => declines[code]?.track === 'soft', 'no decline code that is retried in days'))
    .min(1, 'at least one decline code'),
  latestHours: z.number().min(1).max(240, 'at most ten days'),
});

const levels = accessLevels.slice(1) as readonly ('read_only' | 'suspended' | 'cancelled')[];
const degrade = z
  .strictObject({
    steps: z
      .array(z.strictObject({ level: z.enum(levels, `one of ${levels.join(', ')}`), day: days(365), template: name.optional() }))
      .max(3),
    noticeDays: days(60),
  })
  .check(({ value: { steps, noticeDays }, issues }) => {
    const wrong = steps.findIndex(({ level }, at) => level !== levels[at]);
    const fail = (at: number, field: string, message: string): void =>
      void issues.push({ code: 'custom', message, input: steps, path: ['steps', at, field] });
    if (wrong >= 0) fail(wrong, 'level', `no step is left out: this one is ${levels[wrong]}`);
    steps.forEach(({ day }, at) => {
      const before = at === 0 ? 0 : (steps[at - 1]?.day ?? 0);
      if (day < before + noticeDays)
        fail(at, 'day', `at least ${noticeDays} days (noticeDays) after ${at === 0 ? 'day 0' : 'the step before'}`);
    });
  });

const parts = {
  name: z.string().trim().min(1, 'a name').max(80).describe('As people know it.'),
  version: count(1_000_000).describe('Counts up: a run keeps the version it began with.'),
  owner: z.enum(['platform', 'stripe'], 'platform or stripe, never both').default(standard.owner).describe('Who retries.'),
  retryAfterHours: z.strictObject({ outage: rising, soft: rising }).default(standard.retryAfterHours),
  gapHours: hours.default(standard.gapHours),
  attempts: z.strictObject({ perCard: count(35), total: count(100) }).default(standard.attempts),
  caps: caps.default(standard.caps),
  window: window.default(standard.window),
  payDays: payDays.nullable().default(standard.payDays).describe('null: no pay-days.'),
  backup: z.strictObject({ use: z.boolean(), afterSoftDeclines: count(35) }).default(standard.backup),
  mails: z
    .strictObject({ outage: mailSteps, soft: mailSteps, hard: mailSteps, authentication: mailSteps })
    .refine(({ outage, soft, hard, authentication }) => {
      const steps = [outage, soft, hard, authentication].flat().map(({ step }) => step);
      return new Set(steps).size === steps.length;
    }, 'a step has its own name, also across the four lists')
    .default(standard.mails),
  degrade: degrade.default(standard.degrade),
  writeOff: z.strictObject({ day: days(365).min(1, 'not before day 1'), template: name.optional() }).default(standard.writeOff),
  exemption: z
    .strictObject({
      tags: z.array(name).max(20),
      amountsBelow: z.record(z.string().regex(/^[a-z]{3}$/, 'a currency in lower case, like usd'), z.int('minor units').min(0)),
    })
    .default(standard.exemption),
  maxPauseDays: days(180).default(standard.maxPauseDays),
  pendingDays: days(30).default(standard.pendingDays),
  newerInvoice: z.enum(['stand-back', 'collect-both'], 'stand-back or collect-both').default(standard.newerInvoice),
};
type Parts = typeof parts;
type Read<Key extends keyof Parts> = { [Part in Key]: z.output<Parts[Part]> };

/** A rule between parts of a policy. It is tried as soon as those parts can be read, so that everything wrong is said at once. */
interface Rule {
  readonly parts: readonly (keyof Parts)[];
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly holds: (policy: Read<keyof Parts>) => boolean;
}
const retries = (track: 'outage' | 'soft'): Rule[] => [
  {
    parts: ['retryAfterHours', 'writeOff'],
    path: ['retryAfterHours', track],
    message: 'the last retry comes before the day of writing off',
    holds: ({ retryAfterHours, writeOff }) => (retryAfterHours[track].at(-1) ?? 0) < writeOff.day * 24,
  },
  {
    parts: ['retryAfterHours', 'attempts'],
    path: ['retryAfterHours', track],
    message: 'with the first failure these are more attempts than attempts.perCard allows',
    holds: ({ retryAfterHours, attempts }) => retryAfterHours[track].length < attempts.perCard,
  },
];
const rules: readonly Rule[] = [
  ...retries('outage'),
  ...retries('soft'),
  {
    parts: ['attempts'],
    path: ['attempts', 'total'],
    message: 'not fewer than perCard',
    holds: ({ attempts }) => attempts.total >= attempts.perCard,
  },
  {
    parts: ['degrade', 'writeOff'],
    path: ['writeOff', 'day'],
    message: 'not before the last step of degrade: none is left out',
    holds: ({ degrade, writeOff }) => (degrade.steps.at(-1)?.day ?? 0) <= writeOff.day,
  },
  ...tracks.map((track): Rule => ({
    parts: ['mails', 'writeOff'],
    path: ['mails', track],
    message: 'the last mail goes out before the day of writing off',
    holds: ({ mails, writeOff }) => (mails[track].at(-1)?.day ?? 0) < writeOff.day,
  })),
];
const isReadable = (value: unknown, keys: readonly (keyof Parts)[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  keys.every((key) => parts[key].safeParse((value as Record<string, unknown>)[key]).success);

/** A dunning policy as a tenant writes it. What is left out is as in the standard policy. */
export const dunningPolicySchema = rules.reduce(
  (schema, { parts: keys, path, message, holds }) =>
    schema.refine((policy) => holds(policy as Read<keyof Parts>), {
      path: [...path],
      message,
      when: ({ value }) => isReadable(value, keys),
    }),
  z.strictObject(parts, {
    error: ({ code, keys }) => (code === 'unrecognized_keys' ? `a policy has no such part: ${keys?.join(', ')}` : undefined),
  }),
);

/** A policy fit to be kept and used, or ValidationError with everything that is wrong with it. */
export function readDunningPolicy(value: unknown): DunningPolicy {
  const { success, data, error } = dunningPolicySchema.safeParse(value);
  if (success) return data as DunningPolicy;
  throw new ValidationError(error.issues.map(({ path, message }): Issue => ({ path: path.join('.'), message })));
}
