import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress, RunContext, RunEnd, RunHint } from '../../../domain/run.ts';
import type { On } from '../../support/temporal.ts';

type Behaviour = (attempt: number) => Promise<string | void> | string | void;

/** The outside world of the fixtures: what was done and not undone, in order, and what was told at the end. */
export function createWorld(behaviours: Readonly<Record<string, Behaviour>> = {}) {
  const log: string[] = [];
  const ends: RunEnd[] = [];
  const hints: RunHint[] = [];
  const behave = async (name: string): Promise<string> => (await behaviours[name]?.(Context.current().info.attempt)) ?? `${name} is done`;
  return {
    log,
    ends,
    hints,
    options: {
      activities: {
        async act({ name }: { name: string }): Promise<string> {
          log.push(`+${name}`);
          return behave(name);
        },
        async unact({ name }: { name: string }): Promise<void> {
          await behave(`undo ${name}`);
          log.push(`-${name}`);
        },
        async recordRunEnd(end: RunEnd): Promise<void> {
          ends.push(end);
        },
      },
      sinks: { runEvents: { moved: { fn: (_info: unknown, hint: RunHint) => void hints.push(hint) } } },
    },
  };
}

export const runContext = (): RunContext => ({
  runId: randomUUID(),
  tenantId: randomUUID(),
  startedBy: randomUUID(),
  requestId: randomUUID(),
});

export const startFixture = (on: On, workflow: string, input: object = {}): Promise<WorkflowHandle> =>
  on.client.workflow.start(workflow, {
    workflowId: `fixture:${randomUUID()}`,
    taskQueue: on.taskQueue,
    args: [{ ...input, run: runContext() }],
  });

/** Asks the run until its progress is as told. */
export async function progressUntil(handle: WorkflowHandle, told: (progress: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const progress = await handle.query<Progress>('progress');
    if (told(progress)) return progress;
  }
}

export const statesOf = ({ steps }: Pick<Progress, 'steps'>): string => steps.map(({ name, state }) => `${name} ${state}`).join(', ');

/** Runs until its activity is cancelled, heartbeating so that it hears of it. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), 50);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(timer);
  }
}
