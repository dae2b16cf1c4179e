import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import type { Counts } from '../domain/privacy/residual.ts';
import { escalationMail } from '../domain/privacy/mails.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { isMailAddress, loginOf } from '../platform/identity/password-reset.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { Mail } from '../platform/mail.ts';
import { inTenant } from '../platform/database.ts';
import { Account } from '../platform/models/account.ts';
import { Effect } from '../platform/models/effect.ts';
import { sendgridStore } from '../platform/privacy/stores/sendgrid.ts';
import type { Subject } from '../platform/privacy/subject.ts';
import { erasePlace, type OfPlace } from './erasure.ts';
import { keepAlive } from './support/keep-alive.ts';
import { settleEffects } from './support/effects.ts';
import { once } from './support/once.ts';
import { sendOnce } from './support/send-once.ts';
import { onQueue } from './support/on-queue.ts';

export interface SendgridErasureDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly mail: Mail;
  readonly publicUrl: string;
}
export interface Escalation {
  readonly tenantId: string;
  readonly requestId: string;
  /** What is the matter, in a word: it is written to once a request, contact and reason. */
  readonly reason: 'deadline' | 'residual';
  /** RFC 3339: when the law's time is over. */
  readonly dueAt: string;
  /** Where something is left. */
  readonly places: readonly string[];
  readonly accountId: string;
}

export const createSendgridErasureActivities = (deps: SendgridErasureDeps) => {
  const eraseOnce = (tenantId: string, key: string, emails: readonly string[]): Promise<string> =>
    once(
      deps,
      { tenantId, key, vendor: 'sendgrid', operation: 'erase-recipients' },
      // The store has looked before: what is still there was not erased.
      { ask: async () => undefined, act: () => deps.mail.eraseRecipients(emails) },
    );
  const store = sendgridStore({ ...deps, eraseOnce });
  return onQueue(taskQueues.sendgrid, {
    /** Safe to retry: it only reads. */
    async countAtSendgrid({ subject }: { readonly subject: Subject }): Promise<Counts> {
      return keepAlive({ position: 'sendgrid' }, () => store.count(subject));
    },
    /** Safe to retry: an address may be erased twice; ids of mails are noted before they are. */
    async eraseAtSendgrid(input: OfPlace): Promise<Counts> {
      return keepAlive({ position: 'sendgrid' }, async () => {
        const counts = await erasePlace(deps, store, input);
        await settleAsked(deps.knex, input);
        return counts;
      });
    },
    /** Safe to retry: the mail's intention is written down before it is sent, and one without an outcome is asked for first. */
    async sendEscalation({ tenantId, requestId, reason, dueAt, places, accountId }: Escalation): Promise<{ sent: boolean }> {
      const account = await Account.query(deps.knex).findById(accountId);
      const email = account && (await loginOf(deps.keyring, account));
      if (!account || !email || !isMailAddress(email)) return { sent: false };
      const key = `erasure-${reason}:${requestId}:${accountId}`;
      const link = `${deps.publicUrl}/privacy/requests/${requestId}?tenantId=${tenantId}`;
      const letter = { to: { email }, ...escalationMail({ reason, dueAt, places, link, timeZone: account.time_zone }) };
      const effect = { tenantId: platformTenantId, key, vendor: 'sendgrid', operation: 'send-escalation' };
      return { sent: await sendOnce(deps, effect, { ...letter, dedupKey: key, category: 'privacy' }) };
    },
  });
};

/** What an attempt that died had asked for came about: the addresses are not found any more. */
async function settleAsked(knex: Knex, { subject: { tenantId }, requestId }: OfPlace): Promise<void> {
  const asked = await inTenant(knex, tenantId, async (trx) =>
    Effect.query(trx)
      .where({ tenant_id: tenantId, operation: 'erase-recipients', status: 'pending' })
      .where('key', 'like', `erase-recipient:${requestId}:%`)
      .select('key'),
  );
  const refs = asked.map(({ key }) => ({ key, ref: 'erased' }));
  if (refs.length > 0) await settleEffects(knex, tenantId, refs);
}
export type SendgridErasureActivities = ReturnType<typeof createSendgridErasureActivities>;
