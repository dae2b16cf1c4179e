import type { Payload } from '@temporalio/client';
import { UnavailableError } from '../../../domain/errors.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { Temporal } from '../../temporal.ts';
import type { Subject } from '../subject.ts';
import { folded, telling, type Terms } from '../terms.ts';

export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}
interface Search {
  /** Folded. */
  readonly terms: readonly string[];
  /** Unix ms: runs that began later are not of the request. */
  readonly until: number;
  readonly found: Execution[];
}
interface Reading {
  readonly searches: Search[];
  readonly done: Promise<void>;
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

/** Sorts what a history says into words and what has to be opened first. */
function gather(node: unknown, words: string[], payloads: Payload[]): void {
  if (typeof node === 'string') words.push(node);
  if (!isNode(node)) return;
  if (isPayload(node)) payloads.push(node);
  else for (const value of Object.values(node)) gather(value, words, payloads);
}

/** All that a history says, payloads opened, folded as terms are. */
async function textOf(temporal: Temporal, history: unknown): Promise<string> {
  const words: string[] = [];
  const payloads: Payload[] = [];
  gather(history, words, payloads);
  for (const payload of payloads) words.push(await openedOr(temporal, payload));
  return folded(words.join('\n'));
}

/** Reads the histories of a school's runs, and of the platform's that were given personal data, once for all of these searches. */
async function readHistories(temporal: Temporal, tenantId: string, searches: readonly Search[]): Promise<void> {
  const latest = Math.max(...searches.map(({ until }) => until));
  const before = Number.isFinite(latest) ? ` and StartTime <= "${new Date(latest).toISOString()}"` : '';
  const query = `(TenantId = "${tenantId}" or (TenantId = "${platformTenantId}" and WorkflowType in ("onboardSchool", "resetPassword")))${before}`;
  for await (const { workflowId, runId, startTime } of temporal.client.workflow.list({ query })) {
    const looking = searches.filter(({ until }) => startTime.getTime() <= until);
    if (looking.length === 0) continue;
    const text = await textOf(temporal, await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory());
    for (const { terms, found } of looking) if (terms.some((term) => text.includes(term))) found.push({ workflowId, runId });
  }
}

/**
 * Finds executions whose histories name a person. Opening a school's histories costs far more than looking through them, so searches that
 * wait for those of the same school share one reading: who asks while one goes on is in the next.
 */
export function createHistorySearch(temporal: Temporal) {
  const running = new Map<string, Promise<unknown>>();
  const next = new Map<string, Reading>();

  function begin(tenantId: string): Reading {
    const searches: Search[] = [];
    const read = async (): Promise<void> => {
      next.delete(tenantId); // who asks from here on may look for a run that this reading has passed
      const reading = readHistories(temporal, tenantId, searches);
      const settled = Promise.allSettled([reading]);
      running.set(tenantId, settled);
      await settled;
      if (running.get(tenantId) === settled) running.delete(tenantId);
      await reading;
    };
    const reading = { searches, done: (running.get(tenantId) ?? Promise.resolve()).then(read) };
    next.set(tenantId, reading);
    return reading;
  }

  return async ({ tenantId, asOf }: Subject, terms: Terms): Promise<Execution[]> => {
    const search: Search = { terms: telling(terms), until: asOf ? Date.parse(asOf) : Number.POSITIVE_INFINITY, found: [] };
    if (search.terms.length === 0) return [];
    const reading = next.get(tenantId) ?? begin(tenantId);
    reading.searches.push(search);
    await reading.done;
    return search.found;
  };
}
