import { CancellationScope, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { RunActivities } from '../../activities/run.ts';
import type { RunContext, ScheduledStart } from '../../domain/run.ts';
import { database } from './proxies.ts';
import { uuid7 } from './uuid7.ts';

const { recordRunStart } = database<RunActivities>();

/** A schedule says the same to each of its runs, so a run makes its own ids, before anything looks at them. */
export const withIds = (run: RunContext | ScheduledStart): RunContext =>
  'runId' in run ? run : { ...run, runId: uuid7(), requestId: uuid7() };

/** Does what the API does for a run that somebody starts: Temporal finds it by its id, and it stands in `runs`. */
export async function recordScheduled({ scheduled, ...run }: RunContext): Promise<void> {
  if (!scheduled) return;
  upsertSearchAttributes([{ key: { name: 'PlatformRunId', type: 'KEYWORD' }, value: run.runId }]);
  // A run that is cancelled at once has begun all the same, and its end is recorded too.
  await CancellationScope.nonCancellable(() =>
    recordRunStart({ ...run, process: scheduled.process, workflowId: workflowInfo().workflowId }),
  );
}
