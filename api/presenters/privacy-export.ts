import { z } from 'zod';
import { exportFormats, exportStatuses } from '../../domain/privacy/export.ts';
import type { PrivacyExport } from '../../platform/models/privacy-export.ts';
import type { Run } from '../../platform/models/run.ts';

export const PrivacyExportResource = z
  .object({
    id: z.uuid(),
    personId: z.uuid().nullable().describe('null while its run has not begun'),
    status: z.enum(exportStatuses),
    formats: z.array(z.enum(exportFormats)),
    sealedTo: z.enum(['public-key', 'passphrase']).nullable(),
    passphraseShownAt: z.iso.datetime().nullable(),
    sizeBytes: z.int().nullable().describe('Of the sealed file'),
    sha256: z.string().nullable().describe('Of the sealed file, in hex'),
    records: z.int().nullable(),
    redactions: z.int().nullable().describe('How many values of others were left out'),
    downloads: z.int(),
    downloadedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable().describe('Until when it can be fetched'),
  })
  .meta({ id: 'PrivacyExport' });
type Presented = z.input<typeof PrivacyExportResource>;

const at = (date: Date | null): string | null => date && date.toISOString();

export const presentExport = (row: PrivacyExport): Presented => ({
  id: row.id,
  personId: row.subject_id,
  status: row.status,
  formats: row.formats,
  sealedTo: row.recipient_kind,
  passphraseShownAt: at(row.passphrase_shown_at),
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  records: row.records,
  redactions: row.redactions,
  downloads: row.downloads,
  downloadedAt: at(row.downloaded_at),
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
});

/** An export that was asked for and has no row of its own: its run is about to begin, or ended before it began. */
export const presentExportRun = ({ id, closed_at, created_at }: Run): Presented => ({
  id,
  personId: null,
  status: closed_at ? 'failed' : 'making',
  formats: [],
  sealedTo: null,
  passphraseShownAt: null,
  sizeBytes: null,
  sha256: null,
  records: null,
  redactions: null,
  downloads: 0,
  downloadedAt: null,
  createdAt: created_at.toISOString(),
  expiresAt: null,
});
