import { condition, defineSignal, defineUpdate, setHandler, sleep } from '@temporalio/workflow';
import type { ProcessInput } from '../../../domain/run.ts';
import { runProcess } from '../../../workflows/support/process.ts';
import type { OnQueue } from '../../../domain/task-queues.ts';
import { longRunning, stripe, undoing } from '../../../workflows/support/proxies.ts';

export interface FixtureActivities {
  act(input: { name: string }): Promise<string>;
  unact(input: { name: string }): Promise<void>;
}
export interface FixtureVendorActivities extends OnQueue<'stripe'> {
  ask(input: { name: string }): Promise<string>;
}
const { act } = longRunning<FixtureActivities>();
const { ask } = stripe.service<FixtureVendorActivities>();
const { unact } = undoing<FixtureActivities>();

export interface ScriptInput {
  readonly steps: readonly string[];
  readonly skip?: readonly string[];
  /** Throws something that is no Temporal failure before this step. */
  readonly bugBefore?: string;
}

/** Steps of the test's choosing, each with its undo. */
export function scriptedFixture({ run, steps, skip = [], bugBefore }: ProcessInput<ScriptInput>): Promise<{ done: number }> {
  return runProcess(run, steps, async (process) => {
    let done = 0;
    for (const name of steps) {
      if (name === bugBefore) throw new TypeError('ada@example.org is not a function');
      if (skip.includes(name)) {
        process.skip(name, 'not wanted');
        continue;
      }
      await process.step(name, () => act({ name }), { undo: () => unact({ name }), detail: (said) => said });
      done += 1;
    }
    return { done };
  });
}

export const decide = defineUpdate<{ decided: string }, [{ verdict: string }]>('decide');
export const billingMoved = defineSignal('billing-moved');
export const remark = defineSignal<[{ text: string }]>('remark');

/** Waits to be told what to do; takes the decision once, and remarks until then. */
export function askingFixture({ run }: ProcessInput<object>): Promise<{ verdict: string; remarks: readonly string[] }> {
  return runProcess(run, ['wait', 'act'], async ({ step, onUpdate, onSignal }) => {
    let verdict: string | undefined;
    const remarks: string[] = [];
    const waiting = { when: () => verdict === undefined };
    onUpdate(
      decide,
      ({ verdict: given }) => {
        if (given === 'explode') throw new TypeError('a slip');
        verdict = given;
        return { decided: given };
      },
      { ...waiting, refuse: ({ verdict: given }) => (given === 'maybe' ? 'Say yes or no.' : undefined) },
    );
    onSignal(remark, ({ text }) => void remarks.push(text), waiting);
    await step('wait', () => condition(() => verdict !== undefined, '30 days'));
    await step('act', () => act({ name: 'act' }));
    return { verdict: verdict ?? 'none', remarks };
  });
}

/** Sleeps between two steps: for travels in time. */
export function sleepingFixture({ run, days }: ProcessInput<{ days: number }>): Promise<{ slept: number }> {
  return runProcess(run, ['sleep'], async ({ step }) => {
    const before = Date.now();
    await step('sleep', () => sleep(`${days} days`));
    return { slept: Date.now() - before };
  });
}

/** Two steps side by side. */
export function parallelFixture({ run }: ProcessInput<object>): Promise<void> {
  return runProcess(run, ['left', 'right'], async ({ step }) => {
    const both = ['left', 'right'].map((name) => step(name, () => act({ name }), { undo: () => unact({ name }) }));
    await Promise.all(both);
  });
}

/** Asks a vendor so many times, all at once. */
export function vendorFixture({ run, times }: ProcessInput<{ readonly times: number }>): Promise<void> {
  return runProcess(run, ['ask'], async ({ step }) => {
    await step('ask', () => Promise.all(Array.from({ length: times }, (_, index) => ask({ name: `question ${index}` }))));
  });
}

/** Stands in for a run of collect-payment: ends when it has been told so often that billing has moved. */
export async function hearingFixture({ times }: { readonly times: number }): Promise<number> {
  let heard = 0;
  setHandler(billingMoved, () => void (heard += 1));
  await condition(() => heard >= times);
  return heard;
}
