import assert from 'node:assert/strict';
import { assert as hold, constantFrom, integer, property, record } from 'fast-check';
import type { TimeWindow } from '../../../domain/dunning/policy.ts';
import { nextInWindow, nextPayDay } from '../../../domain/dunning/windows.ts';
import { dateOf, instantOf, inWords, localTime, utc, zoneOffsets } from '../../../domain/dunning/zone.ts';
import { berlin, day, hour } from './support/histories.ts';
import { clockOf } from './support/clock.ts';

const names = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'UTC',
];
/** Apia skipped 30 December 2011; Lord Howe changes its clocks by half an hour; Casablanca changes them around Ramadan. */
const from = Date.parse('2011-01-01T00:00:00Z');
const until = Date.parse('2027-01-01T00:00:00Z');
const zones = new Map(names.map((name) => [name, zoneOffsets(name, from, until)]));
const zoneOf = (name: string) => zones.get(name) ?? utc;
const instants = integer({ min: from / 60_000, max: until / 60_000 - 60 * 24 * 40 }).map((minutes) => minutes * 60_000);

describe('domain/dunning/zone', () => {
  for (const name of names)
    it(`shows the wall clock of ${name} as Intl does`, () => {
      hold(
        property(instants, (at) => {
          const { date, minutes } = clockOf(name, at);
          const local = localTime(zoneOf(name), at);
          const { year, month, dayOfMonth } = dateOf(Math.floor(local / day));
          const pad = (value: number): string => String(value).padStart(2, '0');
          assert.equal(`${year}-${pad(month)}-${pad(dayOfMonth)}`, date);
          assert.equal(Math.floor((local - Math.floor(local / day) * day) / 60_000), minutes);
        }),
        { numRuns: 200 },
      );
    });

  it('refuses a zone that does not exist', () => {
    assert.throws(() => zoneOffsets('Europe/Atlantis', from, until), RangeError);
  });

  it('goes to the first moment after a gap for a time that the clocks skip', () => {
    // 2026-03-29: 02:00 becomes 03:00 in Berlin.
    const at = instantOf(berlin, Date.parse('2026-03-29T02:30:00Z'), Date.parse('2026-03-28T12:00:00Z'));
    assert.equal(new Date(at).toISOString(), '2026-03-29T01:00:00.000Z');
  });

  it('takes the first of two moments that show the same time, unless it is over', () => {
    // 2026-10-25: 03:00 becomes 02:00 in Berlin.
    const local = Date.parse('2026-10-25T02:30:00Z');
    assert.equal(new Date(instantOf(berlin, local, 0)).toISOString(), '2026-10-25T00:30:00.000Z');
    assert.equal(new Date(instantOf(berlin, local, Date.parse('2026-10-25T00:31:00Z'))).toISOString(), '2026-10-25T00:31:00.000Z');
    assert.equal(new Date(instantOf(berlin, local, Date.parse('2026-10-25T01:10:00Z'))).toISOString(), '2026-10-25T01:30:00.000Z');
  });

  it('writes a moment for people', () => {
    assert.equal(inWords(berlin, Date.parse('2026-07-01T07:05:00Z')), 'Wed 2026-07-01 09:05 (Europe/Berlin)');
    assert.equal(inWords(utc, Date.parse('2024-02-29T23:59:59Z')), 'Thu 2024-02-29 23:59 (UTC)');
  });
});

describe('domain/dunning/windows', () => {
  const windows = record({
    start: integer({ min: 0, max: 23 * 4 }),
    quarters: integer({ min: 1, max: 40 }),
    weekdays: constantFrom([1, 2, 3, 4, 5], [3], [6, 7], [1, 2, 3, 4, 5, 6, 7]),
  }).map(({ start, quarters, weekdays }): TimeWindow => {
    const text = (quarter: number): string =>
      `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`;
    return { from: text(start), to: text(Math.min(96, start + quarters)), weekdays };
  });
  const isInside = ({ from, to, weekdays }: TimeWindow, name: string, at: number): boolean => {
    const { time, weekday } = clockOf(name, at);
    return time >= from && time < to && (weekdays?.includes(weekday) ?? true);
  };

  for (const name of names)
    it(`opens inside the window of ${name}, never early and never a later day than need be`, () => {
      hold(
        property(windows, instants, (window, at) => {
          const opens = nextInWindow(window, zoneOf(name), at);
          assert.ok(opens >= at);
          assert.ok(isInside(window, name, opens), `${clockOf(name, opens).time} is not in ${window.from} to ${window.to}`);
          if (isInside(window, name, at)) assert.equal(opens, at);
          // Nothing between was open, but for an hour that the clocks show twice.
          for (let between = at + hour; between < opens - hour; between += 12 * hour)
            if (isInside(window, name, between) && isInside(window, name, between + 61 * 60_000))
              assert.fail(`${new Date(between).toISOString()} was open before ${new Date(opens).toISOString()}`);
        }),
        { numRuns: 300 },
      );
    });

  it('has no window on the date that Apia skipped', () => {
    const at = nextInWindow({ from: '09:00', to: '17:00', weekdays: [5, 1] }, zoneOf('Pacific/Apia'), Date.parse('2011-12-30T05:00:00Z'));
    // Thursday the 29th is followed by Saturday the 31st: the Friday there never was.
    assert.deepEqual(clockOf('Pacific/Apia', at), { date: '2012-01-02', time: '09:00', minutes: 540, weekday: 1 });
  });

  const payDays = { daysOfMonth: [15, -1], codes: [], latestHours: 72 };
  const office = { from: '09:00', to: '18:00' };
  for (const [from, to, what] of [
    ['2026-03-13T08:00:00Z', '2026-03-15T08:00:00Z', 'a pay-day two days ahead'],
    ['2026-03-15T13:00:00Z', '2026-03-15T13:00:00Z', 'the pay-day itself'],
    ['2026-03-10T08:00:00Z', '2026-03-10T08:00:00Z', 'no pay-day near'],
    ['2026-02-27T12:00:00Z', '2026-02-28T08:00:00Z', 'the last day of February'],
    ['2024-02-27T12:00:00Z', '2024-02-29T08:00:00Z', 'the last day of a leap February'],
    ['2026-03-28T12:00:00Z', '2026-03-31T07:00:00Z', 'a pay-day beyond a change of clocks'],
  ] as const)
    it(`finds ${what}`, () => {
      assert.equal(new Date(nextPayDay(payDays, office, berlin, Date.parse(from))).toISOString(), new Date(to).toISOString());
    });
});
