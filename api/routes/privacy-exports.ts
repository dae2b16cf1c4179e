import { z } from 'zod';
import { inTenant } from '../../platform/database.ts';
import { Person } from '../../platform/models/person.ts';
import { PrivacyExport } from '../../platform/models/privacy-export.ts';
import { Run } from '../../platform/models/run.ts';
import type { ExportDesk } from '../../platform/privacy/export-desk.ts';
import exportSubject from '../../processes/export-subject.ts';
import { PrivacyExportResource, presentExport, presentExportRun } from '../presenters/privacy-export.ts';
import { presentReference, RunReference } from '../presenters/run.ts';
import type { Caller } from '../support/caller.ts';
import { found } from '../support/find.ts';
import { idempotencyHeader } from '../support/idempotency.ts';
import { tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { createStarter, type StartDeps, type Starter, type StartRequest } from '../support/run-start.ts';
import { sealedFile, sendExport } from '../support/send-export.ts';

export interface PrivacyExportRoutesDeps extends StartDeps {
  readonly exports: ExportDesk;
  /** Where links lead. */
  readonly publicUrl: string;
}
const params = z.object({ id: z.uuid() });
const ofWhom = z.strictObject({ tenantId: tenantIdOfSchool.optional() });
const reading = { object: 'privacy-export', action: 'read' } as const;
type Can = (object: string, action: string) => boolean;
interface Asking {
  readonly caller: Caller;
  readonly can: Can;
  readonly params: { readonly id: string };
  readonly query: { readonly tenantId?: string | undefined };
}

/**
 * Packages of people's data: of anybody in one's school for its administrators, of anybody in the school they name for compliance staff, of
 * oneself for everybody. Open whatever the school owes (`paying`): whose data it is has a right to it.
 */
export function privacyExportRoutes(deps: PrivacyExportRoutesDeps): Route[] {
  const start = createStarter(deps);
  return [
    createRoute(deps, start),
    createOwnRoute(start),
    listRoute(deps),
    readRoute(deps),
    fileRoute(deps),
    passphraseRoute(deps),
    linkRoute(deps),
    revokeRoute(deps),
    downloadRoute(deps),
  ];
}

const started = async (start: Starter, request: Omit<StartRequest, 'process'>) => {
  const reference: z.input<typeof RunReference> = presentReference(await start({ process: exportSubject, ...request }));
  return reply(202, reference, { Location: `/v1/privacy/exports/${reference.id}` });
};
const answers = { responses: { 202: RunReference }, problems: [404, 409] } as const;

const createRoute = ({ knex }: PrivacyExportRoutesDeps, start: Starter): Route =>
  route({
    method: 'post',
    path: '/v1/privacy/exports',
    access: exportSubject.permission,
    paying: true,
    summary: 'Asks for a package of a person’s data: starts a run of export-subject, whose id is the package’s',
    query: ofWhom,
    body: exportSubject.input,
    headers: idempotencyHeader,
    ...answers,
    handler: async ({ caller, query, body: input, headers, requestId }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId, 'person');
      const where = { tenant_id: tenantId, id: input.personId };
      found(await inTenant(knex, tenantId, async (trx) => Person.query(trx).findOne(where).select('id')), 'person');
      // The run is the school's, whoever asked for it.
      const inSchool = { ...caller, tenantId };
      return started(start, { caller: inSchool, requestId, input, idempotencyKey: headers['idempotency-key'] });
    },
  });

const createOwnRoute = (start: Starter): Route =>
  route({
    method: 'post',
    path: '/v1/me/exports',
    access: { object: 'privacy-export', action: 'create-own' },
    paying: true,
    summary: 'Asks for a package of one’s own data',
    body: exportSubject.input.omit({ personId: true }),
    headers: idempotencyHeader,
    ...answers,
    handler: async ({ caller, body, headers, requestId }) => {
      const input = { ...body, personId: found(caller.personId ?? undefined, 'person') };
      return started(start, { caller, requestId, input, idempotencyKey: headers['idempotency-key'] });
    },
  });

/** Whom a caller may see packages of: everybody, or themselves alone. */
const isVisible = (caller: Caller, can: Can, personId: string): boolean =>
  can('privacy-export', 'read-all') || personId === caller.personId;

/** The package that is spoken of, when the caller may see it. */
async function visible({ exports }: PrivacyExportRoutesDeps, { caller, can, params: { id }, query }: Asking): Promise<PrivacyExport> {
  const row = found(await exports.find({ tenantId: tenantSpokenOf(caller, query.tenantId, 'export'), id }), 'export');
  return found(isVisible(caller, can, row.subject_id) ? row : undefined, 'export');
}
const refOf = ({ tenant_id: tenantId, id }: PrivacyExport) => ({ tenantId, id });

const listRoute = ({ knex }: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/exports',
    access: reading,
    paying: true,
    summary: 'Packages of people’s data, newest first; without the right to see all, of oneself',
    query: z.strictObject({ ...paging, tenantId: tenantIdOfSchool.optional(), personId: z.uuid().optional() }),
    responses: { 200: pageOf(PrivacyExportResource) },
    problems: [404],
    handler: async ({ caller, can, query: { limit, cursor, personId, ...query } }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId, 'export');
      const before = positionOf(cursor, idPosition);
      const rows = await inTenant(knex, tenantId, async (trx) => {
        const exports = PrivacyExport.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (before) exports.where('id', '<', before);
        if (personId) exports.where({ subject_id: personId });
        if (!can('privacy-export', 'read-all')) exports.whereIn('subject_id', caller.personId ? [caller.personId] : []);
        return exports;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentExport),
      );
    },
  });

const readRoute = (deps: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/exports/{id}',
    access: reading,
    paying: true,
    summary: 'A package: whether it is ready, and until when',
    params,
    query: ofWhom,
    responses: { 200: PrivacyExportResource },
    handler: async ({ caller, can, params: { id }, query }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId, 'export');
      if (await deps.exports.find({ tenantId, id }))
        return reply(200, presentExport(await visible(deps, { caller, can, params: { id }, query })));
      const where = { tenant_id: tenantId, id, process: exportSubject.name };
      const run = await inTenant(deps.knex, tenantId, async (trx) => Run.query(trx).findOne(where));
      const own = run && (can('privacy-export', 'read-all') || run.started_by === caller.accountId);
      return reply(200, presentExportRun(found(own ? run : undefined, 'export')));
    },
  });

const fileRoute = (deps: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/exports/{id}/file',
    access: reading,
    paying: true,
    personal: true,
    summary: 'The package itself, sealed; each time it is fetched is in the audit log',
    params,
    query: ofWhom,
    responses: { 200: sealedFile, 206: sealedFile },
    problems: [409, 410, 416],
    handler: async ({ requestId, ctx, ...asking }) => {
      const row = await visible(deps, asking);
      return sendExport(ctx, await deps.exports.open(refOf(row), { actorId: asking.caller.accountId, requestId }));
    },
  });

const passphraseRoute = (deps: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'post',
    path: '/v1/privacy/exports/{id}/passphrase',
    access: reading,
    paying: true,
    summary: 'The passphrase of a package, for the first who asks: then it is gone',
    params,
    query: ofWhom,
    responses: { 200: z.object({ passphrase: z.string() }) },
    problems: [409, 410],
    handler: async ({ requestId, ...asking }) => {
      const row = await visible(deps, asking);
      const passphrase = await deps.exports.revealPassphrase(refOf(row), { actorId: asking.caller.accountId, requestId });
      return reply(200, { passphrase }, { 'Cache-Control': 'no-store' });
    },
  });

const linkRoute = (deps: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'post',
    path: '/v1/privacy/exports/{id}/links',
    access: reading,
    paying: true,
    summary: 'A link to the package that opens without signing in, for people who have no account',
    params,
    query: ofWhom,
    body: z.strictObject({ hours: z.int().min(1).max(720).default(72).describe('How long it is good; never longer than the package') }),
    responses: { 201: z.object({ url: z.url(), expiresAt: z.iso.datetime() }) },
    problems: [409, 410],
    handler: async ({ requestId, body: { hours }, ...asking }) => {
      const row = await visible(deps, asking);
      const { code, expiresAt } = await deps.exports.link(refOf(row), hours, { actorId: asking.caller.accountId, requestId });
      const url = `${deps.publicUrl}/v1/privacy/downloads/${code}`;
      return reply(201, { url, expiresAt: expiresAt.toISOString() }, { 'Cache-Control': 'no-store' });
    },
  });

const revokeRoute = (deps: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'post',
    path: '/v1/privacy/exports/{id}/revoke',
    access: reading,
    paying: true,
    summary: 'Takes a package back: its file is removed, its links lead nowhere',
    params,
    query: ofWhom,
    responses: { 204: null },
    problems: [409, 410],
    handler: async ({ requestId, ...asking }) => {
      const row = await visible(deps, asking);
      await deps.exports.revoke(refOf(row), { actorId: asking.caller.accountId, requestId });
      return reply(204);
    },
  });

const downloadRoute = ({ exports }: PrivacyExportRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/downloads/{code}',
    access: 'public',
    summary: 'The package that a link leads to, sealed; each time is in the audit log',
    params: z.object({ code: z.string().max(200) }),
    responses: { 200: sealedFile, 206: sealedFile },
    problems: [410, 416],
    handler: async ({ params: { code }, requestId, ctx }) => sendExport(ctx, await exports.openLink(code, { requestId })),
  });
