import { type Payload, WorkflowNotFoundError } from '@temporalio/client';
import type { Knex } from 'knex';
import { UnavailableError } from '../../../domain/errors.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { Keyring } from '../../keyring.ts';
import type { Temporal } from '../../temporal.ts';
import { type ErasableStore, noteRefs, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { names, type Terms, termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly temporal: Temporal;
}
interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}
type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
const isPayload = (value: Node): boolean => isNode(value['metadata']) && 'data' in value;

/** What a payload says. One that nobody can open any more is looked at as it stands; one that cannot be opened now proves nothing. */
async function openedOr(temporal: Temporal, payload: Payload): Promise<string> {
  try {
    return JSON.stringify((await temporal.valueOf(payload)) ?? null);
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    return Buffer.from(payload.data ?? []).toString();
  }
}

/** All that a history says, payloads opened. */
async function* wordsOf(temporal: Temporal, node: unknown): AsyncGenerator<string> {
  if (typeof node === 'string') yield node;
  if (!isNode(node)) return;
  if (isPayload(node)) yield await openedOr(temporal, node);
  else for (const value of Object.values(node)) yield* wordsOf(temporal, value);
}

/**
 * Temporal's histories of the school's runs, and of the platform's that were given personal data. No payload may hold any: this looks
 * whether that is so. One that does is removed, once it has ended.
 */
export function historyStore({ knex, keyring, temporal }: Deps): ErasableStore {
  async function naming({ tenantId, asOf }: Subject, terms: Terms): Promise<Execution[]> {
    const since = asOf ? ` and StartTime <= "${asOf}"` : '';
    const query = `(TenantId = "${tenantId}" or (TenantId = "${platformTenantId}" and WorkflowType in ("onboardSchool", "resetPassword")))${since}`;
    const found: Execution[] = [];
    for await (const { workflowId, runId } of temporal.client.workflow.list({ query })) {
      const history = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
      for await (const words of wordsOf(temporal, history))
        if (names(terms, words)) {
          found.push({ workflowId, runId });
          break;
        }
    }
    return found;
  }
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
    return [...(await standing(subject)), ...(terms.all.length > 0 ? await naming(subject, terms) : [])];
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
