import { z } from 'zod';
import type { Identity } from '../../platform/identity.ts';
import { noContent, reply, route, type Route } from '../support/route.ts';

const Credentials = z.strictObject({ email: z.string().trim().min(1).max(320), password: z.string().min(1).max(1_024) });
const WithCode = Credentials.extend({ otp: z.string().trim().min(6).max(64) });
const Enrolment = z
  .object({
    otpauthUri: z.string().describe('For the authenticator app; shown once'),
    recoveryCodes: z.array(z.string()).describe('Each good once, in place of a code of the app; shown once'),
  })
  .meta({ id: 'MfaEnrolment' });

/** By the password, not by a session: who must have a second factor gets no session before. */
export const mfaRoutes = ({ identity }: { readonly identity: Pick<Identity, 'enrolMfa' | 'confirmMfa' | 'removeMfa'> }): Route[] => [
  route({
    method: 'post',
    path: '/v1/auth/mfa/enrol',
    access: 'public',
    summary: 'Begins with a second factor: it counts when it is confirmed with a first code',
    body: Credentials,
    responses: { 200: Enrolment },
    problems: [401, 403, 409],
    handler: async ({ body: { email: login, password }, ctx: { ip } }) => reply(200, await identity.enrolMfa({ login, password, ip })),
  }),
  route({
    method: 'post',
    path: '/v1/auth/mfa/confirm',
    access: 'public',
    summary: 'Confirms a second factor: from now on signing in asks for a code',
    body: WithCode,
    responses: { 204: noContent },
    problems: [401, 403],
    handler: async ({ body: { email: login, password, otp }, ctx: { ip } }) => {
      await identity.confirmMfa({ login, password, otp, ip });
      return reply(204);
    },
  }),
  route({
    method: 'post',
    path: '/v1/auth/mfa/remove',
    access: 'public',
    summary: 'Takes the second factor away, so that another can be enrolled; asks for a code, of the app or for recovery',
    body: WithCode,
    responses: { 204: noContent },
    problems: [401, 403],
    handler: async ({ body: { email: login, password, otp }, ctx: { ip } }) => {
      await identity.removeMfa({ login, password, otp, ip });
      return reply(204);
    },
  }),
];
