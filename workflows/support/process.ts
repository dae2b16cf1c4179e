import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { RunActivities } from '../../activities/run.ts';
import { runErrorOf } from '../../domain/run-error.ts';
import type { Progress, RunContext, RunEnd } from '../../domain/run.ts';
import { asFailure, endedBy, isControlFlow } from './failures.ts';
import { createInbox, type Inbox } from './messages.ts';
import { database } from './proxies.ts';
import { runEvents } from './run-events.ts';
import { recordScheduled } from './scheduled.ts';
import { createTimeline, markdownOf, type Timeline } from './timeline.ts';
import { cancelledDetail, createUndos, type Undo } from './undos.ts';

const { recordRunEnd } = database<RunActivities>();

/** The standard query of every process. */
export const progress = defineQuery<Progress>('progress');

export interface StepOptions<Result> {
  /** Takes back what `act` did, in whole, in part or not at all: it is registered before `act` begins. */
  readonly undo?: Undo;
  /** What to tell people when the step is done, without personal data. */
  readonly detail?: (result: Result) => string | undefined;
}
export interface Steps extends Inbox {
  readonly step: <Result>(name: string, act: () => Promise<Result>, options?: StepOptions<Result>) => Promise<Result>;
  readonly skip: (name: string, why?: string) => void;
  /** Words about a step that is under way, without personal data. */
  readonly detail: (name: string, text: string) => void;
}

/**
 * One shape for every process (DESIGN section 3). Declares the steps of a run, so that people see those to come; keeps their
 * timeline where the query `progress`, the Temporal UI and watchers find it; on failure or cancellation undoes what was begun,
 * last first; and records the end in the projection `runs`. Rethrows what `body` threw.
 */
export async function runProcess<Result>(
  run: RunContext,
  steps: readonly string[],
  body: (steps: Steps) => Promise<Result>,
): Promise<Result> {
  const watch = createWatch(run);
  const timeline = createTimeline(
    steps,
    () => new Date().toISOString(),
    () => watch.moved(),
  );
  const inbox = createInbox(() => watch.moved());
  const undos = createUndos(timeline);
  watch.show(() => ({ steps: timeline.steps(), takes: inbox.takes() }));

  const end = async (how: Pick<RunEnd, 'status' | 'result' | 'error'>): Promise<void> => {
    timeline.close();
    watch.moved();
    await recordRunEnd({ runId: run.runId, tenantId: run.tenantId, steps: timeline.steps(), ...how });
  };

  const under = createSteps(timeline, (name, undo) => undos.add(name, undo));
  const scope = new CancellationScope();
  let result: Result;
  try {
    const begin = (): Promise<Result> => body({ ...under.steps, onUpdate: inbox.onUpdate, onSignal: inbox.onSignal });
    result = await scope.run(run.scheduled ? () => recordScheduled(run).then(begin) : begin);
  } catch (thrown) {
    if (isControlFlow(thrown)) throw thrown;
    const error = asFailure(thrown);
    inbox.close();
    scope.cancel();
    await CancellationScope.nonCancellable(async () => {
      // A step beside the one that failed may still act: it is undone when it has stopped, not while it goes on.
      await under.way();
      await undos.run();
      await condition(allHandlersFinished);
      await end({ status: endedBy(error), error: runErrorOf(error) });
    });
    throw error;
  }
  inbox.close();
  await CancellationScope.nonCancellable(async () => {
    await condition(allHandlersFinished);
    await end({ status: 'completed', result });
  });
  return result;
}

/** The verbs of a workflow, and what waits until no step is under way. */
function createSteps(timeline: Timeline, addUndo: (name: string, undo: Undo) => void) {
  const underWay = new Set<string>();

  const perform = async <Result>(name: string, act: () => Promise<Result>, detail: StepOptions<Result>['detail']): Promise<Result> => {
    underWay.add(name);
    timeline.move(name, 'running');
    try {
      const result = await act();
      timeline.move(name, 'done', detail?.(result));
      return result;
    } catch (error) {
      timeline.move(name, 'failed', isCancellation(error) ? cancelledDetail : runErrorOf(error).message);
      throw error;
    } finally {
      underWay.delete(name);
    }
  };
  const steps: Pick<Steps, 'step' | 'skip' | 'detail'> = {
    async step(name, act, { undo, detail } = {}) {
      const scope = CancellationScope.current();
      if (scope.consideredCancelled) await scope.cancelRequested;
      if (undo) addUndo(name, undo);
      return await perform(name, act, detail);
    },
    skip: (name, why) => timeline.move(name, 'skipped', why),
    detail: (name, text) => timeline.detail(name, text),
  };
  return { steps, way: () => condition(() => underWay.size === 0) };
}

/** Who looks at a run: the query, the Temporal UI's details, and whoever listens to the sink. */
function createWatch({ runId, tenantId }: RunContext): { show(view: () => Progress): void; moved(): void } {
  let view: () => Progress = () => ({ steps: [] });
  let moves = 0;
  return {
    show(of) {
      view = of;
      setHandler(progress, of, { description: 'The steps of the run, and the messages it takes now.' });
      setCurrentDetails(markdownOf(of().steps));
    },
    moved() {
      moves += 1;
      const now = view();
      setCurrentDetails(markdownOf(now.steps));
      runEvents.moved({ id: `${runId}-${moves}`, runId, tenantId, at: new Date().toISOString(), progress: now });
    },
  };
}
