import { z } from 'zod';
import { redacted } from '../../../domain/privacy/export.ts';
import { inTenant } from '../../database.ts';
import { PrivacyExport } from '../../models/privacy-export.ts';
import { Run } from '../../models/run.ts';
import { Upload } from '../../models/upload.ts';
import { at, atOrNull, type Collector, inPages, recordKind, time, timeOrNull } from '../collector.ts';

const runs = recordKind({
  name: 'runs',
  title: 'What you started',
  about: 'Processes of the platform that you started for the school.',
  schema: z.object({ id: z.uuid(), process: z.string(), status: z.string(), startedAt: time, endedAt: timeOrNull }),
  async *read({ knex, asOf, subject: { tenantId, accountId } }) {
    if (!accountId) return;
    const rows = inPages<Run>((after, limit) =>
      inTenant(knex, tenantId, async (trx) => {
        const page = Run.query(trx).where({ tenant_id: tenantId, started_by: accountId }).where('created_at', '<=', asOf);
        return (after ? page.where('id', '>', after.id) : page).orderBy('id').limit(limit);
      }),
    );
    for await (const { id, process, status, created_at, closed_at } of rows)
      yield { id, process, status, startedAt: at(created_at), endedAt: atOrNull(closed_at) };
  },
});

const uploads = recordKind({
  name: 'uploads',
  title: 'Files you uploaded',
  about: 'What kind of file it was, and when. The files themselves are the school’s, and name others.',
  schema: z.object({
    id: z.uuid(),
    kind: z.string(),
    status: z.string(),
    sizeBytes: z.int(),
    sha256: z.string(),
    uploadedAt: time,
    expiresAt: time,
  }),
  async *read({ knex, asOf, subject: { tenantId, accountId } }) {
    if (!accountId) return;
    const rows = inPages<Upload>((after, limit) =>
      inTenant(knex, tenantId, async (trx) => {
        const page = Upload.query(trx).where({ tenant_id: tenantId, created_by: accountId }).where('created_at', '<=', asOf);
        return (after ? page.where('id', '>', after.id) : page).orderBy('id').limit(limit);
      }),
    );
    for await (const { id, kind, status, size_bytes: sizeBytes, sha256, created_at, expires_at } of rows)
      yield { id, kind, status, sizeBytes, sha256, uploadedAt: at(created_at), expiresAt: at(expires_at) };
  },
});

const exports = recordKind({
  name: 'exports',
  title: 'Earlier packages like this one',
  about: 'When your data was exported before, for whom, and how often the package was fetched.',
  schema: z.object({
    id: z.uuid(),
    status: z.string(),
    askedBy: z.string(),
    createdAt: time,
    expiresAt: time,
    downloads: z.int(),
    downloadedAt: timeOrNull,
  }),
  async *read({ knex, asOf, subject: { tenantId, personId, accountId } }) {
    const rows = await inTenant(knex, tenantId, async (trx) =>
      PrivacyExport.query(trx).where({ tenant_id: tenantId, subject_id: personId }).where('created_at', '<', asOf).orderBy('id'),
    );
    for (const { id, status, requested_by: by, created_at, expires_at, downloads, downloaded_at } of rows) {
      const askedBy = by === null ? 'the platform' : by === accountId ? 'you' : redacted;
      const times = { createdAt: at(created_at), expiresAt: at(expires_at) };
      yield { id, status, askedBy, ...times, downloads, downloadedAt: atOrNull(downloaded_at) };
    }
  },
});

export const activity: Collector = {
  place: 'activity',
  tables: ['runs', 'uploads', 'privacy_exports'],
  kinds: [runs, uploads, exports],
};
