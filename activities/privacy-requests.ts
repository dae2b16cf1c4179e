import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import { actorOf, type RunContext } from '../domain/run.ts';
import { audit } from '../platform/audit.ts';
import { inTenant } from '../platform/database.ts';
import type { Keyring } from '../platform/keyring.ts';
import { forgetDigests, rememberDigests } from '../platform/privacy/digests.ts';
import { isSought, type OfRequest } from '../platform/privacy/erased-players.ts';
import { type Move, moveRequest } from '../platform/privacy/requests.ts';
import { type KeySubject, keySubjectsOf } from '../platform/privacy/stores/keyring.ts';
import { type Tombstone, tombstonesOf } from '../platform/privacy/statement.ts';
import { keepReceipt } from '../platform/privacy/store.ts';
import type { Subject } from '../platform/privacy/subject.ts';

export interface PrivacyRequestDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
}
interface OfSubject {
  readonly run: RunContext;
  readonly subject: Subject;
}
interface HoldEnd {
  readonly run: RunContext;
  readonly holdId: string;
  /** RFC 3339. */
  readonly at: string;
  /** Null when it has expired. */
  readonly by: string | null;
}

/** What a run writes down of the request it is about. */
export const createPrivacyRequestActivities = ({ knex, keyring }: PrivacyRequestDeps) => ({
  /** Safe to retry: a request that stands there already is left as it is, and not recorded again. */
  async moveRequest(move: Move): Promise<void> {
    await moveRequest(knex, move);
  },
  /** Safe to retry: a hold ends once. */
  async endHold({ run, holdId, at, by }: HoldEnd): Promise<void> {
    const { tenantId, requestId, runId } = run;
    await inTenant(knex, tenantId, async (trx) => {
      const rows = trx('privacy_holds').where({ tenant_id: tenantId, id: holdId }).whereNull('released_at');
      if ((await rows.update({ released_at: at, released_by: by })) === 0) return;
      const what = { action: by ? 'privacy.release' : 'privacy.hold-expired', objectType: 'privacy-hold', objectId: holdId };
      await audit(trx, { tenantId, actorId: by, requestId, runId, ...what });
    });
  },
  /**
   * Safe to retry: the ledger has a row a subject, a digest is put once. The first thing past the point of no return: the ledger, by which
   * a restored backup is held, and the digests that later searches need.
   */
  async beginErasing({ run, subject, at }: OfSubject & { readonly at: string }): Promise<{ suppressed: number }> {
    const { tenantId, personId } = subject;
    const remembered = await rememberDigests({ knex, keyring }, subject, run.runId);
    const row = { tenant_id: tenantId, subject_id: personId, request_id: run.runId, erased_at: at };
    await inTenant(knex, tenantId, (trx) => trx('erased_subjects').insert(row).onConflict(['tenant_id', 'subject_id']).ignore());
    await moveRequest(knex, { run, what: 'erasing', by: actorOf(run), to: { status: 'erasing' } });
    return remembered;
  },
  /** Safe to retry: it only reads. Whose keys go with the person: their own, and their account's when it ends with them. */
  async findKeySubjects({ subject }: { readonly subject: Subject }): Promise<readonly KeySubject[]> {
    return keySubjectsOf(knex, subject);
  },
  /** Safe to retry: the same words again. Writes down that the keys are gone, and how. */
  async noteKeysDestroyed({
    run,
    subject,
    keys,
    shred,
  }: OfSubject & { readonly keys: readonly KeySubject[]; readonly shred: Readonly<Record<string, unknown>> }): Promise<void> {
    const ids = keys.flatMap(({ subjectIds }) => subjectIds);
    await keepReceipt(knex, subject, run.runId, 'subject_keys', { counts: { subject_keys: ids.length }, refs: ids });
    await keepReceipt(knex, subject, run.runId, 'blind_indexes', { counts: {}, refs: ids });
    await moveRequest(knex, { run, what: 'keys-destroyed', by: null, to: { shred } });
  },
  /** Safe to retry: it only reads. Whether Roblox has to be asked about a person at all: who never played must not wait for its queue. */
  async isSoughtAtRoblox(of: OfRequest): Promise<boolean> {
    return isSought({ main: knex, keyring }, of);
  },
  /** Safe to retry: the same receipt again. Keeps that there was nothing to erase at Roblox. */
  async passOverRoblox({ subject, requestId }: OfRequest): Promise<void> {
    await keepReceipt(knex, subject, requestId, 'roblox', { counts: {} });
  },
  /** Safe to retry: it only reads. What vendors keep of what they have erased, and until when. */
  async findTombstones({ run: { tenantId, runId } }: { readonly run: RunContext }): Promise<readonly Tombstone[]> {
    return tombstonesOf(knex, { tenantId, requestId: runId });
  },
  /** Safe to retry: what is gone stays gone. Nothing is searched any more: the digests that were kept for it go. */
  async forgetSearchTerms({ run }: { readonly run: RunContext }): Promise<void> {
    await forgetDigests(keyring, run.tenantId, run.runId);
  },
  /** Safe to retry: it only reads. Whom an escalation is written to: the platform's compliance staff, or its operators when there is none. */
  async findEscalationContacts(): Promise<{ accountIds: string[] }> {
    return inTenant(knex, platformTenantId, async (trx) => {
      for (const role of ['compliance', 'ops']) {
        const rows = trx('memberships').where({ tenant_id: platformTenantId, role, status: 'active' }).orderBy('id').limit(mostContacts);
        const found = await rows.select<{ account_id: string }[]>('account_id');
        if (found.length > 0) return { accountIds: found.map(({ account_id: id }) => id) };
      }
      return { accountIds: [] };
    });
  },
});
const mostContacts = 20;
export type PrivacyRequestActivities = ReturnType<typeof createPrivacyRequestActivities>;
