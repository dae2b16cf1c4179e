import { z } from 'zod';
import type { Identity } from '../../platform/identity.ts';
import { Invitation } from '../../platform/models/invitation.ts';
import { InvitationResource, presentInvitation } from '../presenters/invitation.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface InvitationDeps {
  readonly identity: Pick<Identity, 'acceptInvitation'>;
}
const Acceptance = z.strictObject({
  token: z.string().min(1).max(512).describe('The code of the link in the mail'),
  password: z.string().min(1).max(1_024).describe('A new one; or the present one of the account that has this address already'),
  displayName: z.string().trim().min(1).max(200).optional(),
});
const Accepted = z.object({ accountId: z.uuid(), tenantId: z.uuid(), membershipId: z.uuid() }).meta({ id: 'AcceptedInvitation' });

export const invitationRoutes = ({ identity }: InvitationDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/invitations/accept',
    access: 'public',
    summary: 'Accepts an invitation: the account can sign in to the school from now on',
    body: Acceptance,
    responses: { 200: Accepted },
    problems: [401, 403, 410],
    handler: async ({ body, requestId }) => reply(200, await identity.acceptInvitation({ ...body, requestId })),
  }),
  route({
    method: 'get',
    path: '/v1/invitations',
    access: { object: 'invitation', action: 'list' },
    summary: 'Who was invited to the school, and what became of it',
    query: z.strictObject({ ...paging, status: z.enum(['pending', 'sent', 'accepted', 'withdrawn', 'expired']).optional() }),
    responses: { 200: pageOf(InvitationResource) },
    handler: async ({ query: { limit, cursor, status }, caller: { tenantId }, read }) => {
      const after = positionOf(cursor, idPosition);
      const rows = await read(async (trx) => {
        const invitations = Invitation.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id')
          .limit(limit + 1);
        if (after) invitations.where('id', '>', after);
        if (status) invitations.where({ status });
        return invitations;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentInvitation),
      );
    },
  }),
];
