import { z } from 'zod';
import { accessLevels } from '../../domain/dunning/policy.ts';
import { roles } from '../../domain/roles.ts';
import { tenantStatuses } from '../../domain/tenant.ts';

/** Who is asking, in which tenant, and all they may do there. */
export const Me = z
  .object({
    account: z.object({ id: z.uuid(), login: z.string().nullable(), timeZone: z.string(), locale: z.string() }),
    membership: z.object({ id: z.uuid(), role: z.enum(roles), personId: z.uuid().nullable() }),
    tenant: z.object({
      id: z.uuid(),
      slug: z.string(),
      name: z.string(),
      status: z.enum(tenantStatuses),
      accessLevel: z.enum(accessLevels).describe('What the school can do while it owes'),
      timeZone: z.string(),
      locale: z.string(),
    }),
    memberships: z
      .array(z.object({ id: z.uuid(), tenantId: z.uuid(), role: z.enum(roles) }))
      .describe('Where the account could sign in to'),
    breakGlassId: z.uuid().nullable().describe('Of platform staff who read in this school by break-glass: the access they opened'),
    permissions: z.array(z.object({ object: z.string(), action: z.string() })),
    channel: z.string().describe('The Pusher channel of live progress'),
  })
  .meta({ id: 'Me' });
