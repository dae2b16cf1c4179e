import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { CertificateActivities } from '../activities/certificates.ts';
import type { ErasureActivities, OpenedErasure } from '../activities/erasure.ts';
import type { KeyringBackupActivities } from '../activities/keyring-backups.ts';
import type { KeyDestructionActivities } from '../activities/keys.ts';
import type { PrivacyRequestActivities } from '../activities/privacy-requests.ts';
import { leftIn, totalOf, type Residual } from '../domain/privacy/residual.ts';
import type { Subject } from '../platform/privacy/subject.ts';
import type { EraseSubjectInput, EraseSubjectResult } from './erase-subject.messages.ts';
import { exportFirst } from './support/children.ts';
import { type Again, eraseEverything, type Erasing, escalate, searchPlaces, searchUntilNothingIsLeft } from './support/erase-places.ts';
import { type Case, heard, listenToStaff, newCase, unheld } from './support/erasure-case.ts';
import { runProcess, type Steps } from './support/process.ts';
import { database, longRunning, service } from './support/proxies.ts';

const house = longRunning<ErasureActivities>();
const records = database<PrivacyRequestActivities>();
const proofs = service<CertificateActivities>();
const keyring = longRunning<KeyDestructionActivities & KeyringBackupActivities>();
const dayMs = 86_400_000;
const minuteMs = 60_000;

const stepNames = [
  'find-person',
  'verify-requester',
  'dry-run',
  'approve',
  'export-first',
  'cool-off',
  'confirm',
  'erase',
  'destroy-keys',
  'search-again',
  'certify',
  'wait-for-backups',
  'search-finally',
  'certify-final',
  'escalate',
];

/**
 * Erases a person. Until `erase` begins nothing is touched, staff may withdraw the request or hold it; from then on it goes to its end,
 * whatever refuses, and says what is left. It ends `final` when the last backup that may hold the keys has expired, and vendors keep nothing of what they
 * erased any more.
 */
export function eraseSubject(input: EraseSubjectInput): Promise<EraseSubjectResult> {
  return runProcess(input.run, stepNames, async (steps) => {
    const of = newCase();
    listenToStaff(steps, of, input);
    const receivedAt = new Date().toISOString();
    const opened = await steps.step('find-person', () => house.openErasure({ ...input, receivedAt }));
    if (!opened.subject) return finish(input, 'unknown');
    // Beside everything else, and whatever becomes of it.
    const escalating = CancellationScope.nonCancellable(() => escalateInTime(input, opened, of, steps));
    try {
      return await handle(input, steps, of, opened, opened.subject);
    } catch (error) {
      await CancellationScope.nonCancellable(() => close(input, of, isCancellation(error) ? 'withdrawn' : 'failed'));
      throw error;
    } finally {
      of.settled = true;
      await escalating;
    }
  });
}

const finish = async ({ run }: EraseSubjectInput, outcome: 'unknown' | 'erased-before'): Promise<EraseSubjectResult> => {
  await records.moveRequest({ run, what: outcome, by: null, to: { status: 'completed', outcome } });
  return { outcome };
};
const close = ({ run }: EraseSubjectInput, { withdrawnBy }: Case, status: 'withdrawn' | 'failed'): Promise<void> =>
  records.moveRequest({ run, what: status, by: withdrawnBy ?? null, to: { status, outcome: status } });

async function handle(
  input: EraseSubjectInput,
  steps: Steps,
  of: Case,
  opened: OpenedErasure,
  subject: Subject,
): Promise<EraseSubjectResult> {
  const { run } = input;
  const erasing: Erasing = { run, subject, places: opened.places, dueAt: opened.dueAt };
  const goesOn = (await verified(input, steps, of)) ? await dryRun(erasing, steps) : undefined;
  if (goesOn && opened.erasedBefore && leftIn(goesOn).length === 0) return finish(input, 'erased-before');
  if (!goesOn || !(await agreed(input, steps, of, opened))) {
    await close(input, of, 'withdrawn');
    return { outcome: 'withdrawn' };
  }
  of.erasing = true;
  // What came while the request waited is of them, too.
  const now = { ...erasing, subject: { ...subject, asOf: new Date().toISOString() } };
  return CancellationScope.nonCancellable(() => eraseToTheEnd(now, steps, of));
}

async function verified({ run, verification }: EraseSubjectInput, { step }: Steps, of: Case): Promise<boolean> {
  return step('verify-requester', async () => {
    if (!verification) return heard(of, 'verify', () => of.verified);
    const { how, evidenceId = null } = verification;
    const to = { status: 'verified', verified_how: how, verified_by: run.startedBy, evidence_id: evidenceId } as const;
    await records.moveRequest({ run, what: 'verify', by: run.scheduled ? null : run.startedBy, to });
    of.verified = true;
    return of.withdrawnBy === undefined;
  });
}

const dryRun = (erasing: Erasing, { step }: Steps): Promise<Residual> =>
  step(
    'dry-run',
    async () => {
      const found = await searchPlaces(erasing);
      await records.moveRequest({ run: erasing.run, what: 'dry-run', by: null, to: { dry_run: found } });
      return found;
    },
    {
      detail: (found) =>
        `${leftIn(found).reduce((sum, place) => sum + totalOf(found[place] ?? {}), 0)} found in ${leftIn(found).length} places`,
    },
  );

/** All that comes between what was found and the point of no return. False when the request was withdrawn. */
async function agreed(input: EraseSubjectInput, { step, skip }: Steps, of: Case, { policy }: OpenedErasure): Promise<boolean> {
  const { run, personId, accessFirst } = input;
  if (!policy.needsApproval) skip('approve', 'the school’s policy asks for none');
  else if (!(await step('approve', () => heard(of, 'approve', () => of.approved)))) return false;
  if (!accessFirst) skip('export-first', 'nobody asked for a copy');
  else await step('export-first', () => exportFirst(run, personId));
  const until = Date.now() + policy.coolingOffDays * dayMs;
  const cool = async (): Promise<boolean> => {
    await records.moveRequest({ run, what: 'cool-off', by: null, to: { erase_after: new Date(until).toISOString() } });
    await condition(() => of.withdrawnBy !== undefined, Math.max(until - Date.now(), 1));
    return unheld(of, run);
  };
  if (!(await step('cool-off', cool))) return false;
  if (!policy.needsConfirmation) skip('confirm', 'the school’s policy: the end of the cooling-off is the confirmation');
  else if (!(await step('confirm', () => heard(of, 'confirm', () => of.confirmed)))) return false;
  return unheld(of, run);
}

async function eraseToTheEnd(erasing: Erasing, steps: Steps, of: Case): Promise<EraseSubjectResult> {
  const { run, subject } = erasing;
  const { step, detail } = steps;
  const { suppressed, refused } = await step('erase', async () => {
    const begun = await records.beginErasing({ run, subject, at: new Date().toISOString() });
    return { ...begun, refused: await eraseEverything(erasing, (words) => detail('erase', words)) };
  });
  detail('erase', `${suppressed} addresses are never written to again`);
  let destroyedAt = await step('destroy-keys', () => destroyKeys(erasing));
  const wait = (): Promise<void> => untilNothingIsKept(erasing, destroyedAt);
  const searching = (name: string, again: Pick<Again, 'refused' | 'waitForVendors'>): Promise<Residual> =>
    step(name, () =>
      searchUntilNothingIsLeft(erasing, {
        tell: (words) => detail(name, words),
        destroyKeys: async () => void (destroyedAt = await destroyKeys(erasing)),
        ...again,
      }),
    );
  const residual = await searching('search-again', { refused });
  const erasedAt = new Date().toISOString();
  const { backups } = await step('certify', () => certify(erasing, { residual, erasedAt, destroyedAt }));
  of.settled = true;
  await step('wait-for-backups', wait);
  const atLast = await searching('search-finally', { refused: [], waitForVendors: wait });
  const finalAt = new Date().toISOString();
  const certificateIds = await step('certify-final', () => certifyFinally(erasing, { residual: atLast, finalAt, backups }));
  return { outcome: 'erased', erasedAt, finalAt, certificateIds };
}

/** Resolves to when the keys were gone, RFC 3339, by the keyring's clock: a backup that began before may hold them. */
async function destroyKeys({ run, subject }: Erasing): Promise<string> {
  const keys = await records.findKeySubjects({ subject });
  let last: string | undefined;
  for (const each of keys) ({ destroyedAt: last } = await keyring.destroySubjectKeys(each));
  const shred = await keyring.shredDestroyedKeys();
  await records.noteKeysDestroyed({ run, subject, keys, shred: { ...shred } });
  return last ?? shred.at;
}

type Backups = readonly { readonly backup: string; readonly expiresAt: string }[];

async function certify(
  { run }: Erasing,
  { residual, erasedAt, destroyedAt }: { readonly residual: Residual; readonly erasedAt: string; readonly destroyedAt: string },
): Promise<{ backups: Backups }> {
  const { tenantId, runId: requestId } = run;
  const backups = await keyring.findKeyringBackups({ destroyedAt });
  await records.moveRequest({ run, what: 'searched', by: null, to: { residual } });
  const stating = { tenantId, requestId, completedAt: erasedAt, final: false, backups };
  const content = await house.stateErasure(stating);
  const { certificateId } = await proofs.issueCertificate({ tenantId, requestId, kind: 'erasure', content, run });
  const to = { status: 'erased', outcome: 'erased', erased_at: erasedAt, erased_certificate_id: certificateId, account_id: null } as const;
  await records.moveRequest({ run, what: 'erased', by: null, to });
  return { backups };
}

/**
 * Waits until vendors keep nothing of what they erased any more, and for the last backup's time. That one is removed then, as its own
 * process does every day: whoever is first.
 */
async function untilNothingIsKept({ run }: Erasing, destroyedAt: string): Promise<void> {
  for (;;) {
    const backups = await keyring.findKeyringBackups({ destroyedAt });
    const tombstones = await records.findTombstones({ run });
    const kept = tombstones.filter(({ until }) => Date.parse(until) > Date.now());
    if (backups.length + kept.length === 0) return;
    const ends = [...backups.map(({ expiresAt }) => expiresAt), ...kept.map(({ until }) => until)];
    const until = Math.max(Date.now() + minuteMs, ...ends.map((end) => Date.parse(end)));
    await records.moveRequest({ run, what: 'wait', by: null, to: { final_after: new Date(until).toISOString() } });
    await sleep(until - Date.now());
    await keyring.expireKeyringBackups({ now: new Date().toISOString(), run });
  }
}

async function certifyFinally(
  { run }: Erasing,
  { residual, finalAt, backups }: { readonly residual: Residual; readonly finalAt: string; readonly backups: Backups },
): Promise<readonly string[]> {
  const { tenantId, runId: requestId } = run;
  await records.moveRequest({ run, what: 'searched-finally', by: null, to: { residual } });
  const content = await house.stateErasure({ tenantId, requestId, completedAt: finalAt, final: true, backups });
  const { certificateId } = await proofs.issueCertificate({ tenantId, requestId, kind: 'erasure-final', content, run });
  await records.forgetSearchTerms({ run });
  await records.moveRequest({
    run,
    what: 'final',
    by: null,
    to: { status: 'final', final_at: finalAt, final_certificate_id: certificateId },
  });
  return [certificateId];
}

async function escalateInTime(input: EraseSubjectInput, opened: OpenedErasure, of: Case, { step, skip }: Steps): Promise<void> {
  const inTime = await condition(() => of.settled, Math.max(opened.escalateAt - Date.now(), 1));
  if (inTime) return skip('escalate', 'it was done in time');
  await step('escalate', () => escalate({ run: input.run, dueAt: opened.dueAt }, 'deadline', []), {
    detail: (told) => `${told} people were told that time runs out`,
  });
}
