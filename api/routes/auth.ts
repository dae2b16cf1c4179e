import { z } from 'zod';
import type { Identity } from '../../platform/identity.ts';
import type { IssuedTokens } from '../../platform/identity/sessions.ts';
import { noContent, reply, route, type Context, type Route } from '../support/route.ts';

const TokenPair = z
  .object({
    accessToken: z.string(),
    refreshToken: z.string().describe('Good once: each refresh answers the next one'),
    expiresIn: z.number().int().describe('Seconds the access token lives'),
    tokenType: z.literal('Bearer'),
  })
  .meta({ id: 'TokenPair' });

const SignIn = z.strictObject({
  email: z.string().trim().min(1).max(320).describe('An e-mail address, or username@school'),
  password: z.string().min(1).max(1_024),
  otp: z
    .string()
    .trim()
    .min(6)
    .max(64)
    .optional()
    .describe('A code of the authenticator app, or a recovery code, for who has a second factor'),
  tenant: z.string().min(1).max(64).optional().describe('Id or slug of the school to act in, for accounts of several'),
});

const present = ({ accessToken, refreshToken, expiresIn }: IssuedTokens) =>
  ({ accessToken, refreshToken, expiresIn, tokenType: 'Bearer' }) as const;
/** What a browser says of itself is the visitor's to choose: it is cut before it is sealed. */
const deviceOf = (ctx: Context) => ({ ip: ctx.ip, device: ctx.get('user-agent').slice(0, 512) || undefined });

export const authRoutes = ({ identity }: { readonly identity: Pick<Identity, 'signIn' | 'refresh' | 'signOut'> }): Route[] => [
  route({
    method: 'post',
    path: '/v1/auth/token',
    access: 'public',
    summary: 'Signs in with a password',
    body: SignIn,
    responses: { 200: TokenPair },
    problems: [401, 403],
    handler: async ({ body: { email, ...body }, ctx }) =>
      reply(200, present(await identity.signIn({ login: email, ...body, ...deviceOf(ctx) }))),
  }),
  route({
    method: 'post',
    path: '/v1/auth/refresh',
    access: 'public',
    summary: 'Trades a refresh token for new tokens; one presented twice ends its session',
    body: z.strictObject({ refreshToken: z.string().min(1).max(512) }),
    responses: { 200: TokenPair },
    problems: [401, 403],
    handler: async ({ body }) => reply(200, present(await identity.refresh(body.refreshToken))),
  }),
  route({
    method: 'post',
    path: '/v1/auth/logout',
    access: 'signed-in',
    leaves: true,
    paying: true,
    summary: 'Ends this session: its access and refresh tokens are good no more; of who is in a school by break-glass, that access',
    responses: { 204: noContent },
    handler: async ({ caller, requestId }) => {
      await identity.signOut(caller, requestId);
      return reply(204);
    },
  }),
];
