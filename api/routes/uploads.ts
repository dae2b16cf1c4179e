import { z } from 'zod';
import { PayloadTooLargeError } from '../../domain/errors.ts';
import type { Upload } from '../../platform/models/upload.ts';
import { uploadLimitBytes, type Uploads } from '../../platform/roster/uploads.ts';
import { invite } from '../middleware/body.ts';
import { found } from '../support/find.ts';
import { reply, route, type Context, type Route } from '../support/route.ts';

export interface UploadRoutesDeps {
  readonly uploads: Pick<Uploads, 'receive' | 'find' | 'remove'>;
}

const UploadResource = z
  .object({
    id: z.uuid(),
    sizeBytes: z.int().min(0),
    sha256: z.string().describe('Of the file, in hex.'),
    expiresAt: z.iso.datetime().describe('Until when a run can take it.'),
  })
  .meta({ id: 'Upload' });
const present = ({ id, size_bytes, sha256, expires_at }: Upload): z.input<typeof UploadResource> => ({
  id,
  sizeBytes: size_bytes,
  sha256,
  expiresAt: expires_at.toISOString(),
});

const access = { object: 'upload', action: 'create' } as const;
const params = z.object({ id: z.uuid() });

/** What is left of a refused body is not read, so the connection cannot carry another request. */
async function closingOnRefusal<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  try {
    if (Number(ctx.get('content-length') || 0) > uploadLimitBytes) throw new PayloadTooLargeError(uploadLimitBytes);
    invite(ctx);
    return await work();
  } catch (error) {
    ctx.set('Connection', 'close');
    throw error;
  }
}

/** Files for a run: sealed as they come in, visible to their tenant only, gone after a day or when the run has read them. */
export const uploadRoutes = ({ uploads }: UploadRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/uploads',
    access,
    summary: 'Stores a file for a run, at most 256 MiB: a zipped roster, or a CSV file',
    raw: ['application/zip', 'text/csv'],
    responses: { 201: UploadResource },
    problems: [400, 413, 422],
    handler: async ({ caller: { tenantId, accountId }, requestId, ctx }) => {
      const upload = await closingOnRefusal(ctx, () =>
        uploads.receive({ tenantId, accountId, requestId, body: ctx.req, kind: ctx.is('text/csv') ? 'csv' : 'roster' }),
      );
      return reply(201, present(upload), { Location: `/v1/uploads/${upload.id}` });
    },
  }),
  route({
    method: 'get',
    path: '/v1/uploads/{id}',
    access,
    summary: 'An upload that is still there',
    params,
    responses: { 200: UploadResource },
    handler: async ({ params: { id }, caller }) => reply(200, present(found(await uploads.find(caller.tenantId, id), 'upload'))),
  }),
  route({
    method: 'delete',
    path: '/v1/uploads/{id}',
    access,
    summary: 'Removes an upload and destroys its key',
    params,
    responses: { 204: null },
    handler: async ({ params: { id }, caller }) => {
      found(await uploads.find(caller.tenantId, id), 'upload');
      await uploads.remove(caller.tenantId, id);
      return reply(204);
    },
  }),
];
