import { day, type Instant } from './instant.ts';

/**
 * A time zone as data: from each instant on, so many minutes ahead of UTC. Whoever starts a run makes it (`zoneOffsets`) and passes it in:
 * rules of time zones come with the runtime and change with it, and a decision that is replayed must come out the same for ever.
 */
export interface ZoneOffsets {
  readonly name: string;
  /** In order; the first holds before, too. */
  readonly offsets: readonly { readonly from: Instant; readonly minutes: number }[];
}

export const utc: ZoneOffsets = { name: 'UTC', offsets: [{ from: 0, minutes: 0 }] };
const minute = 60_000;

/**
 * The offsets of an IANA zone between two instants, from the runtime's own rules: not for workflows.
 * Throws a RangeError when there is no such zone.
 */
export function zoneOffsets(name: string, from: Instant, until: Instant): ZoneOffsets {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  const minutesAt = (at: Instant): number => {
    const text = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
    return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
  };
  const offsets = [{ from, minutes: minutesAt(from) }];
  for (let at = from; at < until; at += 7 * day) {
    const to = Math.min(at + 7 * day, until);
    const last = offsets.at(-1)?.minutes ?? 0;
    if (minutesAt(to) !== last) offsets.push(changeBetween(at, to, last, minutesAt));
  }
  return { name, offsets };
}

/** The minute in which the offset is no longer what it was. */
function changeBetween(before: Instant, after: Instant, was: number, minutesAt: (at: Instant) => number) {
  let [low, high] = [Math.floor(before / minute), Math.ceil(after / minute)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (minutesAt(middle * minute) === was) low = middle;
    else high = middle;
  }
  return { from: high * minute, minutes: minutesAt(high * minute) };
}

/** What a clock on the wall shows, as if it were UTC. */
export function localTime({ offsets }: ZoneOffsets, at: Instant): number {
  let index = offsets.length - 1;
  while (index > 0 && (offsets[index]?.from ?? 0) > at) index -= 1;
  return at + (offsets[index]?.minutes ?? 0) * minute;
}

/** The first instant from `after` on at which the wall clock shows `local` or later on the same side of a change of clocks. */
export function instantOf({ offsets }: ZoneOffsets, local: number, after: Instant): Instant {
  for (let index = 0; index < offsets.length; index += 1) {
    const from = index === 0 ? -Infinity : (offsets[index]?.from ?? 0);
    const at = Math.max(local - (offsets[index]?.minutes ?? 0) * minute, from, after);
    if (at < (offsets[index + 1]?.from ?? Infinity)) return at;
  }
  return after;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

/** "Mon 2026-03-02 09:00 (Europe/Berlin)": for people, without Intl, so the same everywhere. */
export function inWords(zone: ZoneOffsets, at: Instant): string {
  const local = localTime(zone, at);
  const days = Math.floor(local / day);
  const minutes = Math.floor((local - days * day) / minute);
  const { year, month, dayOfMonth } = dateOf(days);
  const weekday = weekdays[(((days + 4) % 7) + 7) % 7];
  return `${weekday} ${year}-${two(month)}-${two(dayOfMonth)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)} (${zone.name})`;
}

/** The date of a day counted from 1970-01-01, by the arithmetic of the calendar (years begin in March there). */
export function dateOf(days: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, dayOfMonth: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}
