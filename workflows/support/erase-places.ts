import { ActivityFailure, sleep } from '@temporalio/workflow';
import type { ErasureActivities } from '../../activities/erasure.ts';
import type { PrivacyRequestActivities } from '../../activities/privacy-requests.ts';
import type { SendgridErasureActivities } from '../../activities/erasure-sendgrid.ts';
import type { StripeErasureActivities } from '../../activities/erasure-stripe.ts';
import type { Subject } from '../../platform/privacy/subject.ts';
import type { PlannedPlace, Reached } from '../../domain/privacy/plan.ts';
import { type Counts, keptIn, leftIn, type Residual } from '../../domain/privacy/residual.ts';
import type { RunContext } from '../../domain/run.ts';
import { countAtRoblox, eraseAtRoblox } from './erase-at-roblox.ts';
import { database, longRunning, sendgrid, stripe } from './proxies.ts';

const house = longRunning<ErasureActivities>();
const records = database<PrivacyRequestActivities>();
const atStripe = stripe.service<StripeErasureActivities>();
const atSendgrid = sendgrid.longRunning<SendgridErasureActivities>();

export interface Erasing {
  readonly run: RunContext;
  readonly subject: Subject;
  readonly places: readonly PlannedPlace[];
  /** Unix ms. */
  readonly dueAt: number;
}
interface OfPlace {
  readonly subject: Subject;
  readonly place: string;
  readonly requestId: string;
}

const count: Readonly<Record<Exclude<Reached, 'house'>, (of: OfPlace) => Promise<Counts>>> = {
  stripe: ({ subject }) => atStripe.countAtStripe({ subject }),
  sendgrid: ({ subject }) => atSendgrid.countAtSendgrid({ subject }),
  roblox: countAtRoblox,
};
const erase: Readonly<Record<Reached, (of: OfPlace) => Promise<unknown>>> = {
  house: (of) => house.erasePlace(of),
  stripe: (of) => atStripe.eraseAtStripe(of),
  sendgrid: (of) => atSendgrid.eraseAtSendgrid(of),
  roblox: eraseAtRoblox,
};

interface Searched {
  readonly found: Residual;
  /** Vendors that refused to be searched: nobody knows what they hold. */
  readonly refusals: ReadonlyMap<string, ActivityFailure>;
}
/** One after the other: a worker that dies leaves one search to be tried again. */
async function search({ run, subject, places }: Erasing): Promise<Searched> {
  const refusals = new Map<string, ActivityFailure>();
  const own = places.flatMap(({ place, by }) => (by === 'house' ? [place] : []));
  const counts: Record<string, Counts> = { ...(await house.countPlaces({ subject, places: own })) };
  for (const { place, by } of places) {
    if (by === 'house') continue;
    try {
      counts[place] = await count[by]({ subject, place, requestId: run.runId });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      refusals.set(place, error);
    }
  }
  return { found: Object.fromEntries(places.map(({ place }) => [place, counts[place] ?? {}])), refusals };
}

/** Searches every place, in the order of the plan. Throws when a vendor refuses to be searched. */
export async function searchPlaces(erasing: Erasing): Promise<Residual> {
  const { found, refusals } = await search(erasing);
  for (const refusal of refusals.values()) throw refusal;
  return found;
}

/** Erases places one after the other. One that refuses does not hold up the others: it is tried again. Resolves to those that refused. */
export async function erasePlaces({ run, subject }: Erasing, places: readonly PlannedPlace[]): Promise<string[]> {
  const refused: string[] = [];
  for (const { place, by } of places) {
    try {
      await erase[by]({ subject, place, requestId: run.runId });
    } catch (error) {
      // Past the point of no return a run never ends half-way: a refusal is tried again, and people are told.
      if (!(error instanceof ActivityFailure)) throw error;
      refused.push(place);
    }
  }
  return refused;
}

const firstWaitMs = 60_000;
const longestWaitMs = 6 * 3_600_000;
/** How often nothing is said: what an open run still reads is gone by itself within the hour. */
const quietRounds = 6;

export interface Again {
  readonly tell: (words: string) => void;
  /** Places that refused to be erased: they are tried again though nothing may be found there. */
  readonly refused: readonly string[];
  /** What to do when a key is still there; absent while keys must stay. */
  readonly destroyKeys?: () => Promise<unknown>;
  /** Waits as long as vendors keep what they have erased: at last that must be gone, too. Absent while it may be there. */
  readonly waitForVendors?: () => Promise<void>;
}
/**
 * Erases a person as far as their key is needed for it, then what names them: nobody can be searched by name afterwards. Resolves to places
 * that refused.
 */
export async function eraseEverything(erasing: Erasing, tell: Again['tell']): Promise<readonly string[]> {
  const { places } = erasing;
  const of = (...phases: readonly PlannedPlace['phase'][]): PlannedPlace[] => places.filter(({ phase }) => phases.includes(phase));
  const refused = await erasePlaces(erasing, of('named', 'rows'));
  const named = of('named');
  await searchUntilNothingIsLeft({ ...erasing, places: named }, { tell, refused });
  const others = refused.filter((place) => !named.some((each) => each.place === place));
  return [...others, ...(await erasePlaces(erasing, of('last')))];
}
/** Searches until nothing is left, erasing again what is, ever less often; tells people when it stays. Resolves to the search that found nothing. */
export async function searchUntilNothingIsLeft(
  erasing: Erasing,
  { tell, destroyKeys, waitForVendors, ...again }: Again,
): Promise<Residual> {
  const { run, places } = erasing;
  let { refused } = again;
  for (let round = 1; ; round++) {
    const { found, refusals } = await search(erasing);
    const missing = new Set([...leftIn(found), ...refusals.keys(), ...refused]);
    const left = places.filter(({ place }) => missing.has(place));
    const kept = waitForVendors ? keptIn(found) : [];
    if (left.length + kept.length === 0) return found;
    const names = [...new Set([...left.map(({ place }) => place), ...kept])];
    await records.moveRequest({ run, what: 'residual', by: null, to: { residual: found } });
    tell(left.length === 0 ? `still kept by ${names.join(', ')}` : `left in ${names.join(', ')}: tried again`);
    if (round === quietRounds) await escalate(erasing, 'residual', names);
    if (left.length === 0) await waitForVendors?.();
    await sleep(left.length === 0 ? longestWaitMs : Math.min(firstWaitMs * 2 ** (round - 1), longestWaitMs));
    refused = await erasePlaces(erasing, left);
    if (left.some(({ place }) => place === 'subject_keys' || place === 'blind_indexes')) await destroyKeys?.();
  }
}

/** Tells compliance staff, by mail and in the log. */
export async function escalate(
  { run, dueAt }: Pick<Erasing, 'run' | 'dueAt'>,
  reason: 'deadline' | 'residual',
  places: readonly string[],
): Promise<number> {
  await records.moveRequest({ run, what: `escalate-${reason}`, by: null, to: { escalated_at: new Date().toISOString() } });
  const { accountIds } = await records.findEscalationContacts();
  const about = { tenantId: run.tenantId, requestId: run.runId, reason, dueAt: new Date(dueAt).toISOString(), places };
  for (const accountId of accountIds) await atSendgrid.sendEscalation({ ...about, accountId });
  return accountIds.length;
}
