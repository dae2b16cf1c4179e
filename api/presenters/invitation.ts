import { z } from 'zod';
import type { Invitation } from '../../platform/models/invitation.ts';

export const InvitationResource = z
  .object({
    id: z.uuid(),
    personId: z.uuid(),
    role: z.string(),
    status: z.string(),
    expiresAt: z.iso.datetime(),
    sentAt: z.iso.datetime().nullable(),
    acceptedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });

export function presentInvitation({ id, role, status, ...invitation }: Invitation): z.input<typeof InvitationResource> {
  return {
    id,
    role,
    status,
    personId: invitation.person_id,
    expiresAt: invitation.expires_at.toISOString(),
    sentAt: invitation.sent_at?.toISOString() ?? null,
    acceptedAt: invitation.accepted_at?.toISOString() ?? null,
    createdAt: invitation.created_at.toISOString(),
  };
}
