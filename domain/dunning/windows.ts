import { day, hour, type Instant } from './instant.ts';
import type { PayDays, TimeWindow } from './policy.ts';
import { dateOf, instantOf, localTime, type ZoneOffsets } from './zone.ts';

/** Milliseconds from midnight of 'HH:MM'. */
const timeOf = (text: string): number => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))) * 60_000;

const isOpen = ({ weekdays }: TimeWindow, days: number): boolean => !weekdays || weekdays.includes(((((days + 3) % 7) + 7) % 7) + 1);

/** The instant itself when it is in the window, else when the window opens next. */
export function nextInWindow(window: TimeWindow, zone: ZoneOffsets, at: Instant): Instant {
  const [from, to] = [timeOf(window.from), timeOf(window.to)];
  let candidate = at;
  // A window may be closed for six days, and a change of clocks may swallow one or even a date: no zone has two in a fortnight.
  for (let tries = 0; tries < 30; tries += 1) {
    const local = localTime(zone, candidate);
    const days = Math.floor(local / day);
    const time = local - days * day;
    const open = isOpen(window, days);
    if (open && time >= from && time < to) return candidate;
    candidate = instantOf(zone, (open && time < from ? days : days + 1) * day + from, candidate);
  }
  return candidate;
}

/** Where a pay-day lies near enough ahead: when the window opens on it. The instant itself when it lies on one, or none is near. */
export function nextPayDay(payDays: PayDays, window: TimeWindow, zone: ZoneOffsets, at: Instant): Instant {
  const today = Math.floor(localTime(zone, at) / day);
  for (let ahead = 0; ahead * day <= payDays.latestHours * hour + day; ahead += 1) {
    if (!isPayDay(payDays, today + ahead)) continue;
    if (ahead === 0) return at;
    const opens = instantOf(zone, (today + ahead) * day + timeOf(window.from), at);
    return opens - at <= payDays.latestHours * hour ? opens : at;
  }
  return at;
}

const isPayDay = ({ daysOfMonth }: PayDays, days: number): boolean =>
  daysOfMonth.includes(dateOf(days).dayOfMonth) || (daysOfMonth.includes(-1) && dateOf(days + 1).dayOfMonth === 1);
