import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { WorkflowHandle } from '@temporalio/client';
import { newId } from '../../../platform/ids.ts';
import { type ExportRequest, useExporting } from './exporting.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { untilCancelled } from './world.ts';

/** `npm run record-history` records the ways of export-subject that have no history. */
describe('histories of export-subject', () => {
  const exporting = useExporting();
  const failed =
    (keep: Parameters<Way>[0]) =>
    async (handle: WorkflowHandle): Promise<void> => {
      await failureOf(handle);
      await keep(handle);
    };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'export-subject.2026-11.completed': async (keep) => {
      const { id, strangerId: personId } = await exporting.makeSchool();
      const request: ExportRequest = { personId, recipient: { kind: 'passphrase' } };
      await exporting.run(exporting.runOf(id), request, async (handle) => {
        await handle.result();
        await keep(handle);
      });
    },
    'export-subject.2026-11.refused': async (keep) => {
      const { id } = await exporting.makeSchool();
      const key = await identityToRecipient(await generateIdentity());
      await exporting.run(exporting.runOf(id), { personId: newId(), recipient: { kind: 'public-key', key } }, failed(keep));
    },
    // The person is erased while the package is made.
    'export-subject.2026-11.undone': async (keep) => {
      const { id, strangerId: personId } = await exporting.makeSchool();
      const around = async (name: string, act: () => Promise<unknown>): Promise<unknown> => {
        if (name === 'makePackage') await exporting.engine.keyring.destroySubjectKeys(id, [personId]);
        return act();
      };
      await exporting.run(exporting.runOf(id), { personId, recipient: { kind: 'passphrase' } }, failed(keep), {}, around);
    },
    'export-subject.2026-11.cancelled': async (keep) => {
      const { id, strangerId: personId } = await exporting.makeSchool();
      const begun = createGate<WorkflowHandle>();
      const around = async (name: string, act: () => Promise<unknown>): Promise<unknown> => {
        if (name !== 'makePackage') return act();
        await cancelAndHear(await begun.opened);
        return untilCancelled();
      };
      const work = async (handle: WorkflowHandle): Promise<void> => {
        begun.open(handle);
        await failed(keep)(handle);
      };
      await exporting.run(exporting.runOf(id), { personId, recipient: { kind: 'passphrase' } }, work, {}, around);
    },
  };
  recordMissing(ways);
}).timeout(60_000);
