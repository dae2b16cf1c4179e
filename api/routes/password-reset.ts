import { z } from 'zod';
import { platformTenantId } from '../../domain/roles.ts';
import type { Identity } from '../../platform/identity.ts';
import type { ResetThrottle } from '../../platform/identity/reset-throttle.ts';
import { newId } from '../../platform/ids.ts';
import type { Caller } from '../support/caller.ts';
import { createStarter, type Starter } from '../support/run-start.ts';
import { noContent, reply, route, type Route } from '../support/route.ts';
import type { ProcessRoutesDeps } from './processes.ts';

export interface PasswordResetDeps extends ProcessRoutesDeps {
  readonly identity: Pick<Identity, 'resetPassword'>;
  readonly resets: Pick<ResetThrottle, 'take'>;
}

/** Who asks has not signed in: the run is the platform's own. */
const platform: Caller = {
  accountId: platformTenantId,
  tenantId: platformTenantId,
  membershipId: platformTenantId,
  sessionId: platformTenantId,
  tokenId: platformTenantId,
  tokenExpiresAt: new Date(0),
  role: 'ops',
  accessLevel: 'full',
};

export const passwordResetRoutes = (deps: PasswordResetDeps): Route[] => [askRoute(deps, createStarter(deps)), confirmRoute(deps)];

const askRoute = ({ processes, resets }: PasswordResetDeps, start: Starter): Route =>
  route({
    method: 'post',
    path: '/v1/auth/password-reset',
    access: 'public',
    summary: 'Asks for a mail that lets a new password be set; the answer is the same whether there is such an account',
    body: z.strictObject({ email: z.string().trim().min(1).max(320) }),
    responses: { 202: z.object({ accepted: z.literal(true) }) },
    handler: async ({ body: { email: login }, ctx, requestId }) => {
      const process = processes.find('reset-password');
      if (!process) throw new Error('There is no process reset-password.');
      await resets.take({ login, address: ctx.ip });
      // Whether there is an account is for the run to find out: neither the answer nor its time tells.
      await start({ process, caller: platform, requestId, input: { resetId: newId(), login } });
      return reply(202, { accepted: true });
    },
  });

const confirmRoute = ({ identity }: PasswordResetDeps): Route =>
  route({
    method: 'post',
    path: '/v1/auth/password-reset/confirm',
    access: 'public',
    summary: 'Sets the new password by the code of the mail, once, and ends every session of the account',
    body: z.strictObject({
      token: z.string().min(1).max(512).describe('The code of the link in the mail'),
      password: z.string().min(1).max(1_024),
    }),
    responses: { 204: noContent },
    problems: [410],
    handler: async ({ body, requestId }) => {
      await identity.resetPassword({ ...body, requestId });
      return reply(204);
    },
  });
