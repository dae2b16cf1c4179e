import { WorkflowNotFoundError } from '@temporalio/client';
import type { Knex } from 'knex';
import type { Keyring } from '../../keyring.ts';
import type { Temporal } from '../../temporal.ts';
import { type ErasableStore, noteRefs, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { termsOf } from '../terms.ts';
import { createHistorySearch, type Execution } from './history-search.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly temporal: Temporal;
}
/**
 * Temporal's histories of the school's runs, and of the platform's that were given personal data. No payload may hold any: this looks
 * whether that is so. One that does is removed, once it has ended.
 */
export function historyStore({ knex, keyring, temporal }: Deps): ErasableStore {
  const naming = createHistorySearch(temporal);
  /** Temporal that does not answer has not said that it is gone. */
  async function isThere({ workflowId, runId }: Execution): Promise<boolean> {
    try {
      await temporal.client.workflow.getHandle(workflowId, runId).describe();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
  /** Those noted earlier that are still there. */
  async function standing(subject: Subject): Promise<Execution[]> {
    const left: Execution[] = [];
    for (const ref of await refsOf(knex, subject, 'temporal')) {
      const [workflowId = '', runId = ''] = ref.split(' ');
      if (await isThere({ workflowId, runId })) left.push({ workflowId, runId });
    }
    return left;
  }
  async function left(subject: Subject): Promise<Execution[]> {
    const terms = await termsOf({ knex, keyring }, subject);
    return [...(await standing(subject)), ...(await naming(subject, terms))];
  }

  return {
    place: 'temporal',
    count: async (subject) => ({ histories: new Set((await left(subject)).map(({ runId }) => runId)).size }),
    async erase(subject, requestId) {
      const found = await left(subject);
      if (found.length > 0)
        await noteRefs(
          knex,
          subject,
          requestId,
          'temporal',
          found.map(({ workflowId, runId }) => `${workflowId} ${runId}`),
        );
      for (const workflowExecution of found)
        await temporal.client.workflowService.deleteWorkflowExecution({ namespace: temporal.namespace, workflowExecution });
      return { counts: { histories: found.length } };
    },
  };
}
