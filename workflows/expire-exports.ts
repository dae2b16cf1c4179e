import type { PrivacyExportActivities } from '../activities/privacy-exports.ts';
import type { ExpireExportsInput, ExpireExportsResult } from './expire-exports.messages.ts';
import { runProcess } from './support/process.ts';
import { longRunning } from './support/proxies.ts';

const exports = longRunning<PrivacyExportActivities>();

/** Removes packages of people's data whose time is over, in all tenants. There is nothing to undo. */
export function expireExports({ run }: ExpireExportsInput): Promise<ExpireExportsResult> {
  return runProcess(run, ['remove-expired'], ({ step }) =>
    step('remove-expired', () => exports.expireExports({ now: new Date().toISOString(), run }), {
      detail: ({ tenants, removed }) => `${removed} exports of ${tenants} tenants`,
    }),
  );
}
