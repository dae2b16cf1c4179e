import { z } from 'zod';
import { ForbiddenError } from '../../domain/errors.ts';
import { channelOf } from '../../domain/tenant.ts';
import type { Push } from '../../platform/push.ts';
import { reply, route, type Route } from '../support/route.ts';

const Subscription = z.strictObject({
  socket_id: z.string().regex(/^\d{1,20}\.\d{1,20}$/, 'It is not a socket id.'),
  channel_name: z.string().max(164),
});

export const pusherRoutes = ({ push }: { readonly push: Pick<Push, 'authorize'> }): Route[] => [
  route({
    method: 'post',
    path: '/v1/pusher/auth',
    access: { object: 'channel', action: 'subscribe' },
    purpose: 'live-updates',
    summary: 'Lets a socket join the private channel of the caller’s own tenant',
    form: Subscription,
    responses: { 200: z.object({ auth: z.string() }) },
    handler: async ({ form: { socket_id, channel_name }, caller }) => {
      if (channel_name !== channelOf(caller.tenantId)) throw new ForbiddenError('subscribe to', 'this channel');
      return reply(200, push.authorize(socket_id, channel_name));
    },
  }),
];
