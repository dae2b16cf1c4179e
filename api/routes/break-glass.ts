import type { Knex } from 'knex';
import { z } from 'zod';
import { breakGlassRoles } from '../../domain/break-glass.ts';
import { ForbiddenError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import type { Identity } from '../../platform/identity.ts';
import type { OpenAccess } from '../../platform/identity/break-glass.ts';
import { openReasons } from '../../platform/identity/break-glass-reason.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { BreakGlassAccess } from '../../platform/models/break-glass-access.ts';
import { BreakGlassResource, presentBreakGlass } from '../presenters/break-glass.ts';
import type { Caller } from '../support/caller.ts';
import { found } from '../support/find.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface BreakGlassDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly identity: Pick<Identity, 'breakGlass'>;
}
type Asking = Parameters<typeof presentBreakGlass>[2];

const Opened = z
  .object({
    access: BreakGlassResource,
    accessToken: z.string().describe('Of the school, for reading; there is no refresh token: renew the access'),
    expiresIn: z.number().int().describe('Seconds the access token lives'),
    tokenType: z.literal('Bearer'),
  })
  .meta({ id: 'OpenedBreakGlass' });
const Id = z.object({ id: z.uuid() });

/** Platform staff in a school's data: for a reason, for a while, seen by the school. */
export const breakGlassRoutes = (deps: BreakGlassDeps): Route[] => [
  openRoute(deps),
  renewRoute(deps),
  listRoute(deps),
  readRoute(deps),
  endRoute(deps),
];

async function presentOne(
  { keyring }: BreakGlassDeps,
  access: BreakGlassAccess,
  asking: Asking,
): Promise<z.input<typeof BreakGlassResource>> {
  return presentBreakGlass(access, (await openReasons(keyring, [access])).get(access.id) ?? null, asking);
}

const presentOpened = async (deps: BreakGlassDeps, { access, ...token }: OpenAccess, asking: Asking): Promise<z.input<typeof Opened>> => ({
  ...token,
  access: await presentOne(deps, access, asking),
  tokenType: 'Bearer',
});

const openRoute = (deps: BreakGlassDeps): Route =>
  route({
    method: 'post',
    path: '/v1/break-glass',
    access: { object: 'break-glass', action: 'open' },
    summary: 'Lets platform staff read in one school, for a reason and a while; the school sees it',
    body: z.strictObject({
      tenantId: z.uuid(),
      role: z.enum(breakGlassRoles).describe('Of the school: the least that will do'),
      reason: z.string().trim().min(10).max(500).describe('In words the school understands'),
      minutes: z.number().int().min(1).max(deps.identity.breakGlass.maxMinutes),
      otp: z.string().trim().min(6).max(64).optional().describe('A new code of the authenticator app, or a recovery code'),
    }),
    responses: { 201: Opened },
    problems: [404, 409],
    handler: async ({ body, caller, can, requestId, ctx }) => {
      if (!can('break-glass', `as-${body.role}`)) throw new ForbiddenError('enter a school as', body.role);
      const opened = await deps.identity.breakGlass.open(caller, { ...body, requestId, ip: ctx.ip });
      return reply(201, await presentOpened(deps, opened, { caller, can }), { Location: `/v1/break-glass/${opened.access.id}` });
    },
  });

const renewRoute = (deps: BreakGlassDeps): Route =>
  route({
    method: 'post',
    path: '/v1/break-glass/{id}/token',
    access: { object: 'break-glass', action: 'open' },
    summary: 'The next access token of an access one has opened, while it is in force',
    params: Id,
    responses: { 200: Opened },
    problems: [409],
    handler: async ({ params: { id }, caller, can }) =>
      reply(200, await presentOpened(deps, await deps.identity.breakGlass.renew(caller, id), { caller, can })),
  });

/** Rows as they are seen from the caller's tenant; what has ended by itself says so. */
async function readAll(
  { main, identity }: BreakGlassDeps,
  { tenantId }: Caller,
  narrow: (rows: Rows) => void,
): Promise<BreakGlassAccess[]> {
  const ofPlatform = tenantId === platformTenantId;
  await identity.breakGlass.settleAll(ofPlatform ? {} : { tenantId });
  const read = async (trx: Knex.Transaction): Promise<BreakGlassAccess[]> => {
    const rows = BreakGlassAccess.query(trx).orderBy('id', 'desc');
    if (!ofPlatform) rows.where({ tenant_id: tenantId });
    narrow(rows);
    return rows;
  };
  return ofPlatform ? inPlatform(main, read) : inTenant(main, tenantId, read);
}
type Rows = ReturnType<typeof BreakGlassAccess.query>;

const listRoute = (deps: BreakGlassDeps): Route =>
  route({
    method: 'get',
    path: '/v1/break-glass',
    access: { object: 'break-glass', action: 'read' },
    personal: true,
    summary:
      'Accesses of platform staff to schools, newest first: all for platform staff, those to one’s own school for its administrators',
    query: z.strictObject({ ...paging, tenantId: z.uuid().optional(), status: z.enum(['open', 'ended']).optional() }),
    responses: { 200: pageOf(BreakGlassResource) },
    handler: async ({ query: { limit, cursor, tenantId, status }, caller, can }) => {
      const before = positionOf(cursor, idPosition);
      const rows = await readAll(deps, caller, (accesses) => {
        accesses.limit(limit + 1);
        if (before) accesses.where('id', '<', before);
        if (tenantId) accesses.where({ tenant_id: tenantId });
        if (status === 'open') accesses.whereNull('ended_at');
        if (status === 'ended') accesses.whereNotNull('ended_at');
      });
      const reasons = await openReasons(deps.keyring, rows);
      return reply(
        200,
        page(
          rows,
          limit,
          ({ id }) => id,
          (access) => presentBreakGlass(access, reasons.get(access.id) ?? null, { caller, can }),
        ),
      );
    },
  });

const readRoute = (deps: BreakGlassDeps): Route =>
  route({
    method: 'get',
    path: '/v1/break-glass/{id}',
    access: { object: 'break-glass', action: 'read' },
    personal: true,
    summary: 'One access of platform staff to a school',
    params: Id,
    responses: { 200: BreakGlassResource },
    handler: async ({ params: { id }, caller, can }) => {
      const [access] = await readAll(deps, caller, (rows) => void rows.where({ id }));
      return reply(200, await presentOne(deps, found(access, 'access'), { caller, can }));
    },
  });

const endRoute = (deps: BreakGlassDeps): Route =>
  route({
    method: 'post',
    path: '/v1/break-glass/{id}/end',
    access: { object: 'break-glass', action: 'end' },
    summary: 'Ends an access at once: by who opened it, by other staff, or by the school',
    params: Id,
    responses: { 200: BreakGlassResource },
    handler: async ({ params: { id }, caller, can, requestId }) =>
      reply(200, await presentOne(deps, await deps.identity.breakGlass.end(caller, id, requestId), { caller, can })),
  });
