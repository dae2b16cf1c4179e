import { z } from 'zod';
import { platformTenantId } from '../../domain/roles.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { type RequestDeps, storeNotice } from '../../platform/privacy/roblox-requests.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface RobloxErasureRoutesDeps extends RequestDeps {
  readonly nudgeErasures: () => void;
  readonly clock?: () => Date;
}

const mostAtOnce = 100;
/** A number of Roblox's, as text: past 2^53 a JSON number would be another one. */
const RobloxNumber = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, "Send a number of Roblox's, as text.")
  .meta({ examples: ['156'] });

const Entered = z.strictObject({
  userIds: z
    .array(RobloxNumber)
    .min(1)
    .max(mostAtOnce)
    .meta({ description: 'Players who asked Roblox to be forgotten', examples: [['156']] }),
  gameIds: z.array(RobloxNumber).max(1_000).default([]).describe('The games the notice names, kept with it until it is settled'),
});

/**
 * The way for a notice that did not come by webhook: Roblox tries six times and then never again, and always writes to the inbox, too. One
 * player after the other, so that a request that stops in between is only sent again: what was stored is known then.
 */
export function robloxErasureRoutes({ nudgeErasures, clock = () => new Date(), ...deps }: RobloxErasureRoutesDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/privacy/roblox-erasures',
      access: { object: 'roblox-erasure', action: 'enter' },
      summary: 'Enters players whom Roblox told us to forget by another way than its webhook; one who was named within 30 days is known',
      body: Entered,
      responses: { 202: z.object({ stored: z.int(), known: z.int() }) },
      handler: async ({ body: { userIds, gameIds }, caller, requestId }) => {
        let [stored, known] = [0, 0];
        for (const userId of new Set(userIds))
          if (await storeNotice(deps, { userId, gameIds, occurredAt: clock() })) stored += 1;
          else known += 1;
        const entry = { tenantId: platformTenantId, actorId: caller.accountId, requestId, action: 'roblox-erasure.enter' };
        await inTenant(deps.main, platformTenantId, (trx) => audit(trx, { ...entry, objectType: 'roblox-erasure', objectId: null }));
        if (stored > 0) nudgeErasures();
        return reply(202, { stored, known });
      },
    }),
  ];
}
