import type { UploadActivities } from '../activities/uploads.ts';
import type { ExpireUploadsInput, ExpireUploadsResult } from './expire-uploads.messages.ts';
import { runProcess } from './support/process.ts';
import { longRunning } from './support/proxies.ts';

const uploads = longRunning<UploadActivities>();

/** Removes what uploads left behind in all tenants. There is nothing to undo: what was removed had expired. */
export function expireUploads({ run }: ExpireUploadsInput): Promise<ExpireUploadsResult> {
  return runProcess(run, ['remove-expired'], ({ step }) =>
    step('remove-expired', () => uploads.expireUploads({ now: new Date().toISOString(), run }), {
      detail: ({ tenants, removed }) => `${removed} files of ${tenants} tenants`,
    }),
  );
}
