import { ActivityFailure, sleep } from '@temporalio/workflow';
import type { ErasureActivities } from '../../activities/erasure.ts';
import type { PrivacyRequestActivities } from '../../activities/privacy-requests.ts';
import type { SendgridErasureActivities } from '../../activities/erasure-sendgrid.ts';
import type { StripeErasureActivities } from '../../activities/erasure-stripe.ts';
import type { Subject } from '../../platform/privacy/subject.ts';
import type { PlannedPlace, Reached } from '../../domain/privacy/plan.ts';
import { type Counts, leftIn, type Residual } from '../../domain/privacy/residual.ts';
import type { RunContext } from '../../domain/run.ts';
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

const names = (places: readonly PlannedPlace[], by: Reached): string[] => places.flatMap((each) => (each.by === by ? [each.place] : []));

/** Searches every place, in the order of the plan. */
export async function searchPlaces({ subject, places }: Pick<Erasing, 'subject' | 'places'>): Promise<Residual> {
  const [own, ...others] = await Promise.all([
    house.countPlaces({ subject, places: names(places, 'house') }),
    ...names(places, 'stripe').map(async (place) => [place, await atStripe.countAtStripe({ subject })] as const),
    ...names(places, 'sendgrid').map(async (place) => [place, await atSendgrid.countAtSendgrid({ subject })] as const),
  ]);
  const found: Readonly<Record<string, Counts>> = { ...own, ...Object.fromEntries(others) };
  return Object.fromEntries(places.map(({ place }) => [place, found[place] ?? {}]));
}

const erase: Readonly<Record<Reached, (input: { subject: Subject; place: string; requestId: string }) => Promise<Counts>>> = {
  house: (input) => house.erasePlace(input),
  stripe: (input) => atStripe.eraseAtStripe(input),
  sendgrid: (input) => atSendgrid.eraseAtSendgrid(input),
  roblox: async () => ({}),
};

/** Erases places one after the other. One that refuses does not hold up the others: what it keeps is found by the search. Resolves to those that refused. */
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

interface Again {
  readonly tell: (words: string) => void;
  /** What to do when a key is still there; absent while keys must stay. */
  readonly destroyKeys?: () => Promise<unknown>;
}
/** Erases a person as far as their key is needed for it, then what names them: nobody can be searched by name afterwards. */
export async function eraseEverything(erasing: Erasing, tell: Again['tell']): Promise<void> {
  const { places } = erasing;
  const of = (...phases: readonly PlannedPlace['phase'][]): PlannedPlace[] => places.filter(({ phase }) => phases.includes(phase));
  await erasePlaces(erasing, of('named', 'rows'));
  await searchUntilNothingIsLeft({ ...erasing, places: of('named') }, { tell });
  await erasePlaces(erasing, of('last'));
}
/** Searches until nothing is left, erasing again what is, ever less often; tells people when it stays. Resolves to the search that found nothing. */
export async function searchUntilNothingIsLeft(erasing: Erasing, { tell, destroyKeys }: Again): Promise<Residual> {
  const { run, places } = erasing;
  for (let round = 1; ; round++) {
    const found = await searchPlaces(erasing);
    const left = leftIn(found);
    if (left.length === 0) return found;
    await records.moveRequest({ run, what: 'residual', by: null, to: { residual: found } });
    tell(`left in ${left.join(', ')}: tried again`);
    if (round === quietRounds) await escalate(erasing, 'residual', left);
    await sleep(Math.min(firstWaitMs * 2 ** (round - 1), longestWaitMs));
    await erasePlaces(
      erasing,
      places.filter(({ place }) => left.includes(place)),
    );
    if (left.includes('subject_keys') || left.includes('blind_indexes')) await destroyKeys?.();
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
