import { AdminUnreachableError } from '../domain/errors.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { inTenant } from '../platform/database.ts';
import { Invitation } from '../platform/models/invitation.ts';
import { type PostDeps, postPage } from './support/invitation-post.ts';
import { onQueue } from './support/on-queue.ts';

export type InvitationMailDeps = PostDeps;
interface SendInput {
  readonly tenantId: string;
  readonly adminInvitationId: string;
}
/** `more`: whether there may be letters left. */
interface InvitationsSent {
  readonly more: boolean;
  readonly sent: number;
  readonly undeliverable: number;
}

export const createInvitationMailActivities = (deps: InvitationMailDeps) =>
  onQueue(taskQueues.sendgrid, {
    /**
     * Safe to retry: each mail's intention is written down before it is sent, and one without an outcome is asked for at SendGrid first.
     * Sends a page of the tenant's invitations: a school of thousands takes as many turns as it has pages. Resolves to how many mails were
     * sent so far, in all turns, and how many addresses SendGrid does not take. Throws AdminUnreachableError when the first
     * administrator's is among those: nobody could come in.
     */
    async sendInvitations({ tenantId, adminInvitationId }: SendInput): Promise<InvitationsSent> {
      const more = await postPage(deps, tenantId);
      return inTenant(deps.knex, tenantId, async (trx) => {
        const undeliverable = await Invitation.query(trx).where({ tenant_id: tenantId, status: 'undeliverable' }).select('id');
        if (undeliverable.some(({ id }) => id === adminInvitationId)) throw new AdminUnreachableError();
        const sent = await Invitation.query(trx).where({ tenant_id: tenantId }).whereNotNull('sent_at').resultSize();
        return { more, sent, undeliverable: undeliverable.length };
      });
    },
  });
export type InvitationMailActivities = ReturnType<typeof createInvitationMailActivities>;
