import type { Knex } from 'knex';
import { UploadMissingError } from '../domain/errors.ts';
import type { RosterCheck, RosterImported } from '../domain/roster/counts.ts';
import type { Keyring } from '../platform/keyring.ts';
import { findImport, type Position } from '../platform/roster/import-state.ts';
import { createKnownIds } from '../platform/roster/known-ids.ts';
import { removeImport } from '../platform/roster/remove-import.ts';
import { createReport } from '../platform/roster/report.ts';
import { checkRoster, openRoster, type RosterSource } from '../platform/roster/source.ts';
import { createUploads, type UploadDeps } from '../platform/roster/uploads.ts';
import type { Storage } from '../platform/storage.ts';
import { importedOf, type ImportDeps, importSource } from './roster/import.ts';
import { createPreparer } from './roster/prepare.ts';
import { beat } from './support/heartbeat.ts';

export interface RosterDeps {
  /** The main cluster. */
  readonly knex: Knex;
  readonly keyring: UploadDeps['keyring'] & Pick<Keyring, 'createSubjectKeys' | 'blindIndex'>;
  readonly storage: UploadDeps['storage'] & Pick<Storage, 'getStream' | 'list'>;
  readonly batchRows?: ImportDeps['batchRows'];
}
interface UploadInput {
  /** The tenant the upload belongs to: of whoever brought it. */
  readonly tenantId: string;
  readonly uploadId: string;
}
interface ImportInput {
  /** The school. */
  readonly tenantId: string;
  readonly uploadTenantId: string;
  readonly uploadId: string;
  /** The run; also the import's id, for a run imports once. */
  readonly runId: string;
}

const number = new Intl.NumberFormat('en');

export function createRosterActivities({ knex: main, keyring, storage, batchRows }: RosterDeps) {
  const uploads = createUploads({ main, keyring, storage });
  const open = async (tenantId: string, uploadId: string): Promise<RosterSource> => openRoster(await uploads.open(tenantId, uploadId));

  async function importUpload({ tenantId, uploadTenantId, uploadId, runId }: ImportInput): Promise<RosterImported> {
    const scope = { tenantId, importId: runId, runId };
    const known = await findImport(main, scope);
    if (known?.status === 'completed') return importedOf(known);
    const source = await open(uploadTenantId, uploadId);
    const { totals } = await checkRoster(source, () => beat<Position | null>({ position: null, detail: 'reading' }));
    const index = await keyring.blindIndex(tenantId);
    const onProgress = (position: Position, done?: number): void =>
      beat({ position, ...(done === undefined ? {} : { detail: `${number.format(done)} of ${number.format(totals.rows)} rows` }) });
    return importSource(
      {
        main,
        scope,
        preparer: createPreparer({ ...scope, index, keyring, known: createKnownIds() }),
        report: createReport({ storage, ...scope }),
        onProgress,
        ...(batchRows ? { batchRows } : {}),
      },
      source,
    );
  }

  return {
    /** Safe to retry: it only reads. Reads every byte of the upload and refuses what cannot be imported at all; bad rows are no refusal. */
    async checkRoster({ tenantId, uploadId }: UploadInput): Promise<RosterCheck> {
      const upload = await uploads.find(tenantId, uploadId);
      if (!upload || upload.expires_at.getTime() < Date.now()) throw new UploadMissingError(uploadId);
      return checkRoster(await open(tenantId, uploadId), () => beat({ position: null, detail: 'reading' }));
    },
    /**
     * Safe to retry: how far the import is stands in the transaction of each batch, and whatever a batch did in the keyring before finds
     * itself again. Resumes from there after a crash, with the same counts; a finished import answers what it came to.
     */
    importRoster: importUpload,
    /** Safe to retry, and when nothing was imported. Removes what a tenant's first import made, its people's keys and the report. */
    async removeImported({ tenantId, runId }: { readonly tenantId: string; readonly runId: string }): Promise<void> {
      const onProgress = (): void => beat({ position: null, detail: 'removing' });
      await removeImport({ main, keyring, onProgress }, { tenantId, importId: runId });
      await createReport({ storage, tenantId, importId: runId }).remove();
    },
    /** Safe to retry, and when there is no such upload: the file goes, then its key. */
    deleteUpload: ({ tenantId, uploadId }: UploadInput): Promise<void> => uploads.remove(tenantId, uploadId),
  };
}
export type RosterActivities = ReturnType<typeof createRosterActivities>;
