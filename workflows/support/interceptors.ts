import { defaultPayloadConverter, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import type { ProcessInput, RunContext } from '../../domain/run.ts';
import { withIds } from './scheduled.ts';

/** Ids under which an activity's and a workflow's log lines are found. */
export type RunIds = Pick<RunContext, 'runId' | 'tenantId' | 'requestId'>;
export const runHeader = 'run';

/** Gives a scheduled run its ids. Hands a run's ids on to its activities, in a header: no activity takes them as arguments for its logs' sake. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let ids: RunIds | undefined;
  return {
    inbound: [
      {
        execute(input, next) {
          const [given, ...more] = input.args as [Partial<ProcessInput<object>>?, ...unknown[]];
          if (!given?.run) return next(input);
          const run = withIds(given.run);
          ids = { runId: run.runId, tenantId: run.tenantId, requestId: run.requestId };
          return next({ ...input, args: [{ ...given, run }, ...more] });
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) =>
          next(ids ? { ...input, headers: { ...input.headers, [runHeader]: defaultPayloadConverter.toPayload(ids) } } : input),
        getLogAttributes: (attributes, next) => next({ ...attributes, ...ids }),
      },
    ],
  };
};
