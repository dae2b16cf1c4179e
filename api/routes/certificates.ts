import type { Knex } from 'knex';
import { z } from 'zod';
import { inTenant } from '../../platform/database.ts';
import { Certificate } from '../../platform/models/certificate.ts';
import { renderCertificate } from '../../platform/privacy/certificate-pdf.ts';
import { type CertificateKeySet, documentFingerprint, documentText } from '../../platform/privacy/certificate-signature.ts';
import { certificateDocument } from '../../platform/privacy/certificate-schema.ts';
import { certificateKeySet } from '../../platform/privacy/verify-certificate.ts';
import { CertificateSummary, presentCertificate } from '../presenters/certificate.ts';
import { found } from '../support/find.ts';
import { tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { type Context, handled, reply, route, type Route } from '../support/route.ts';

export interface CertificateRouteDeps {
  /** The main cluster. */
  readonly main: Knex;
  /** The public keys of certificates, every one there ever was. */
  readonly certificateKeys: () => Promise<CertificateKeySet>;
}

const read = { object: 'certificate', action: 'read' } as const;
const byId = z.object({ id: z.uuid() });
const ofWhom = z.strictObject({ tenantId: tenantIdOfSchool.optional() });

/** Certificates as they were signed, for who answers for the data: staff names the school. Data protection does not stop when a school owes. */
export const certificateRoutes = (deps: CertificateRouteDeps): Route[] => [
  keysRoute(deps),
  listRoute(deps),
  fileRoute(deps),
  pdfRoute(deps),
];

const keysRoute = ({ certificateKeys }: CertificateRouteDeps): Route =>
  route({
    method: 'get',
    path: '/.well-known/certificate-keys.json',
    access: 'public',
    summary: 'The public keys that verify certificates, newest first; old ones stay, for certificates are checked years later',
    responses: { 200: certificateKeySet },
    handler: async () =>
      reply(200, (await certificateKeys()) as z.input<typeof certificateKeySet>, { 'Cache-Control': 'public, max-age=300' }),
  });

const listRoute = ({ main }: CertificateRouteDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/certificates',
    access: read,
    paying: true,
    summary: 'Certificates of a school, newest first; of one request when it is named',
    query: ofWhom.safeExtend({ ...paging, requestId: z.uuid().optional() }),
    responses: { 200: pageOf(CertificateSummary) },
    problems: [404],
    handler: async ({ query: { limit, cursor, requestId, ...query }, caller }) => {
      const before = positionOf(cursor, idPosition);
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const rows = await inTenant(main, tenantId, async (trx) => {
        const certificates = Certificate.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (before) certificates.where('id', '<', before);
        if (requestId) certificates.where({ request_id: requestId });
        return certificates;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentCertificate),
      );
    },
  });

const fileRoute = ({ main }: CertificateRouteDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/certificates/{id}',
    access: read,
    paying: true,
    summary: 'A certificate as it was signed: save the answer as it comes, `npx toolbox verify` checks it',
    params: byId,
    query: ofWhom,
    responses: { 200: certificateDocument.meta({ id: 'Certificate' }) },
    handler: async ({ params: { id }, query, caller, ctx }) => {
      const { document } = await find(main, tenantSpokenOf(caller, query.tenantId, 'certificate'), id);
      send(ctx, { type: 'application/json', name: `${id}.json`, etag: documentFingerprint(document), body: documentText(document) });
      return handled;
    },
  });

const pdfRoute = ({ main }: CertificateRouteDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/certificates/{id}/pdf',
    access: read,
    paying: true,
    summary: 'A certificate for people, with the signed one attached',
    params: byId,
    query: ofWhom,
    responses: {
      200: { mediaType: 'application/pdf', description: 'Pages with the signed facts, how to verify them, and the signed JSON attached' },
    },
    handler: async ({ params: { id }, query, caller, ctx }) => {
      const { document } = await find(main, tenantSpokenOf(caller, query.tenantId, 'certificate'), id);
      const body = await renderCertificate(document);
      send(ctx, { type: 'application/pdf', name: `${id}.pdf`, etag: `${documentFingerprint(document)}-pdf`, body });
      return handled;
    },
  });

/** Throws NotFoundError when the tenant has no such certificate. */
const find = async (main: Knex, tenantId: string, id: string): Promise<Certificate> =>
  found(await inTenant(main, tenantId, async (trx) => Certificate.query(trx).findById([tenantId, id])), 'certificate');

interface File {
  readonly type: string;
  readonly name: string;
  readonly etag: string;
  readonly body: string | Buffer;
}
/** A file, byte for byte: its fingerprint is told of it, and printed on the pages. */
function send(ctx: Context, { type, name, etag, body }: File): void {
  ctx.status = 200;
  ctx.set({ 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name}"`, ETag: `"${etag}"` });
  ctx.body = body;
}
