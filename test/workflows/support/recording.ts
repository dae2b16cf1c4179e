import { existsSync, writeFileSync } from 'node:fs';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { taskQueues } from '../../../domain/task-queues.ts';
import { openedHistory } from '../../support/opened-history.ts';

/** When a way was first recorded: it stays in the name, so that a later way of the same process stands beside it. */
export type HistoryName = `${string}.${number}-${number}.${string}`;
/** Runs a way of a process to its end, and hands its run over while its worker is there. */
export type Way = (keep: (handle: WorkflowHandle) => Promise<void>) => Promise<void>;

const fileOf = (name: HistoryName): URL => new URL(`../histories/${name}.json`, import.meta.url);

/**
 * Declares a test a way that has no history yet, which records one. What is there stays as it is: a run that is under way in production
 * cannot be recorded again, so a replay that fails is answered by the workflow (`patched`), not by a new recording.
 */
export function recordMissing(ways: Readonly<Record<HistoryName, Way>>): void {
  for (const [name, way] of Object.entries(ways) as [HistoryName, Way][])
    if (!existsSync(fileOf(name))) it(`is recorded: ${name}`, () => way((handle) => keep(name, handle)));
}

async function keep(name: HistoryName, handle: WorkflowHandle): Promise<void> {
  const history = await openedHistory(handle);
  const queue = history.events?.[0]?.workflowExecutionStartedEventAttributes?.taskQueue?.name;
  if (!queue) throw new Error(`${name} did not begin.`);
  const json = historyToJSON(history)
    // Who ran it is of no interest, and names a machine.
    .replaceAll(/"identity":\s*"[^"]*"/g, '"identity": "worker"')
    // The queues of the test (own-queues.ts), as the product calls them.
    .replaceAll(`${queue}/`, '')
    .replaceAll(queue, taskQueues.main);
  writeFileSync(fileOf(name), `${json}\n`);
}

/** A promise and what resolves it: for an activity that has to know the run it is of. */
export function createGate<T>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open = (_value: T): void => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open: (value) => open(value) };
}
