import { condition, defineUpdate } from '@temporalio/workflow';
import type { PrivacyRequestActivities } from '../../activities/privacy-requests.ts';
import type { RunContext } from '../../domain/run.ts';
import type { EraseSubjectInput, HoldInput, SignedInput, Told, VerifyInput } from '../erase-subject.messages.ts';
import type { Steps } from './process.ts';
import { database } from './proxies.ts';

const records = database<PrivacyRequestActivities>();
const verify = defineUpdate<Told, [VerifyInput]>('verify');
const approve = defineUpdate<Told, [SignedInput]>('approve');
const confirm = defineUpdate<Told, [SignedInput]>('confirm');
const hold = defineUpdate<Told, [HoldInput]>('hold');
const release = defineUpdate<Told, [SignedInput]>('release');
const withdraw = defineUpdate<Told, [SignedInput]>('withdraw');

export const gone = 'Erasing has begun: what is gone cannot be brought back.';

/** What a request waits for. */
export type Waiting = 'verify' | 'approve' | 'confirm';
/** What people have said of a request so far, and where it stands. */
export interface Case {
  waiting: Waiting | undefined;
  verified: boolean;
  approved: boolean;
  confirmed: boolean;
  held: { readonly id: string; readonly until: number } | undefined;
  /** Who withdrew it. */
  withdrawnBy: string | undefined;
  /** Past the point of no return. */
  erasing: boolean;
  /** Nothing is erased any more, or all is: nobody need be told that time runs out. */
  settled: boolean;
}
export const newCase = (): Case => ({
  waiting: undefined,
  verified: false,
  approved: false,
  confirmed: false,
  held: undefined,
  withdrawnBy: undefined,
  erasing: false,
  settled: false,
});

/** Takes what staff says, and writes it down before it is answered. */
export function listenToStaff({ onUpdate }: Steps, of: Case, { run }: EraseSubjectInput): void {
  const open = (): boolean => !of.erasing && !of.settled && of.withdrawnBy === undefined;
  const taking: Taken = (when) => ({ when: () => open() && when(), otherwise: () => (of.erasing ? gone : idle) });
  const asks = (what: Waiting) => taking(() => of.waiting === what);

  onUpdate(
    verify,
    async ({ how, evidenceId, by }) => {
      const to = { status: 'verified', verified_how: how, verified_by: by, evidence_id: evidenceId ?? null } as const;
      await records.moveRequest({ run, what: 'verify', by, to });
      of.verified = true;
      return { status: 'verified' };
    },
    asks('verify'),
  );
  onUpdate(
    approve,
    async ({ by }) => {
      await records.moveRequest({ run, what: 'approve', by, to: { approved_by: by } });
      of.approved = true;
      return { status: 'approved' };
    },
    {
      ...asks('approve'),
      refuse: ({ by }) => (by === run.startedBy ? 'Somebody else than who entered the request must approve it.' : undefined),
    },
  );
  onUpdate(
    confirm,
    async ({ by }) => {
      await records.moveRequest({ run, what: 'confirm', by, to: { confirmed_by: by } });
      of.confirmed = true;
      return { status: 'confirmed' };
    },
    { ...asks('confirm'), refuse: () => (of.held ? 'The request is held by law: release the hold first.' : undefined) },
  );
  onUpdate(
    withdraw,
    ({ by }) => {
      of.withdrawnBy = by;
      return { status: 'withdrawn' };
    },
    taking(() => true),
  );
  listenToHolds({ onUpdate }, of, run, taking);
}

const idle = 'The run does not take this message now.';
type Taken = (when: () => boolean) => { readonly when: () => boolean; readonly otherwise: () => string };

function listenToHolds({ onUpdate }: Pick<Steps, 'onUpdate'>, of: Case, run: RunContext, taking: Taken): void {
  onUpdate(
    hold,
    async ({ holdId, until, by }) => {
      of.held = { id: holdId, until: Date.parse(until) };
      await records.moveRequest({ run, what: 'hold', by, to: { status: 'held' } });
      return { status: 'held' };
    },
    {
      ...taking(() => !of.held),
      refuse: ({ until }) => (Date.parse(until) <= Date.now() ? 'This hold would be over already.' : undefined),
    },
  );
  onUpdate(
    release,
    async ({ by }) => {
      await endHold(of, run, by);
      return { status: of.verified ? 'verified' : 'open' };
    },
    taking(() => of.held !== undefined),
  );
}

/** `by`: null when the hold has expired. */
async function endHold(of: Case, run: RunContext, by: string | null): Promise<void> {
  const { held } = of;
  if (!held) return;
  await records.endHold({ run, holdId: held.id, at: new Date().toISOString(), by });
  await records.moveRequest({ run, what: 'unhold', by, to: { status: of.verified ? 'verified' : 'open' } });
  if (of.held === held) of.held = undefined;
}

/** Waits for a word of staff. False when the request was withdrawn meanwhile. */
export async function heard(of: Case, what: Waiting, said: () => boolean): Promise<boolean> {
  of.waiting = what;
  await condition(() => of.withdrawnBy !== undefined || said());
  of.waiting = undefined;
  return of.withdrawnBy === undefined;
}

/** Waits until nothing holds the request: its hold is released, or has expired. False when it was withdrawn meanwhile. */
export async function unheld(of: Case, run: RunContext): Promise<boolean> {
  while (of.held && of.withdrawnBy === undefined) {
    const left = of.held.until - Date.now();
    const released = left > 0 && (await condition(() => of.withdrawnBy !== undefined || !of.held, left));
    if (!released) await endHold(of, run, null);
  }
  return of.withdrawnBy === undefined;
}
