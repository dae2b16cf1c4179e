import { log, sleep } from '@temporalio/workflow';
import { runErrorOf } from '../../domain/run-error.ts';
import type { Timeline } from './timeline.ts';

export type Undo = () => Promise<unknown>;

const firstPauseMs = 1_000;
const longestPauseMs = 10 * 60_000;

/** Undoes what was begun, last first. Run it where cancellation does not reach. */
export function createUndos(timeline: Timeline): { add(name: string, undo: Undo): void; run(): Promise<void> } {
  const undos: { readonly name: string; readonly undo: Undo }[] = [];

  /** Tried until it works: giving up would leave behind what nobody knows of. */
  const untilItWorks = async (name: string, undo: Undo): Promise<void> => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await undo();
        return;
      } catch (error) {
        log.warn('An undo failed and is tried again', { step: name, error });
        timeline.detail(name, `undoing failed (${runErrorOf(error).code}), trying again`);
        await sleep(pauseMs);
      }
    }
  };

  return {
    add: (name, undo) => undos.unshift({ name, undo }),
    async run() {
      for (const { name, undo } of undos) {
        const failure = timeline.stateOf(name) === 'failed' ? timeline.steps().find((step) => step.name === name)?.detail : undefined;
        timeline.detail(name, failure ? `${failure} (undoing)` : 'undoing');
        await untilItWorks(name, undo);
        // The step that failed stays marked as such: it is the one people look for.
        timeline.move(name, failure === undefined || failure === cancelledDetail ? 'undone' : 'failed', failure ?? '');
      }
    },
  };
}

export const cancelledDetail = 'cancelled';
