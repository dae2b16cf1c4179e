import type { PrivacyExportActivities } from '../activities/privacy-exports.ts';
import type { ExportSubjectInput, ExportSubjectResult } from './export-subject.messages.ts';
import { runProcess } from './support/process.ts';
import { database, longRunning, undoing } from './support/proxies.ts';

const { beginExport } = database<PrivacyExportActivities>();
const { makePackage } = longRunning<PrivacyExportActivities>();
const { discardExport } = undoing<PrivacyExportActivities>();

/** Makes a sealed package of a person's data, known by the run's id. A run that fails or is cancelled leaves no file. */
export function exportSubject({ run, ...request }: ExportSubjectInput): Promise<ExportSubjectResult> {
  const input = { run, ...request };
  return runProcess(run, ['check-subject', 'make-package'], async ({ step }) => {
    await step('check-subject', () => beginExport(input), { undo: () => discardExport({ run }) });
    return await step('make-package', () => makePackage(input), {
      detail: ({ records, redactions }) => `${records} records, ${redactions} values of others left out`,
    });
  });
}
