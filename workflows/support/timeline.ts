import type { Step, StepState } from '../../domain/run.ts';

export interface Timeline {
  /** Takes a step to a state; a name that was not declared joins at the end. Tells `changed`. */
  move(name: string, state: StepState, detail?: string): void;
  detail(name: string, detail: string): void;
  stateOf(name: string): StepState | undefined;
  /** What has not begun by the end of the run never will. */
  close(): void;
  steps(): readonly Step[];
}

const ended: readonly StepState[] = ['done', 'failed', 'undone', 'skipped'];

/** The steps of a run and their states. `now` is the workflow's clock: the timeline is part of its deterministic state. */
export function createTimeline(names: readonly string[], now: () => string, changed: () => void): Timeline {
  const steps = new Map<string, Step>(names.map((name) => [name, { name, state: 'pending' }]));

  const set = (name: string, state: StepState, detail?: string): void => {
    const before = steps.get(name);
    const startedAt = state === 'running' ? now() : before?.startedAt;
    const text = detail ?? (state === 'running' ? undefined : before?.detail);
    steps.set(name, {
      name,
      state,
      ...(startedAt ? { startedAt } : {}),
      ...(ended.includes(state) ? { endedAt: now() } : {}),
      ...(text ? { detail: text } : {}),
    });
  };

  return {
    move(name, state, detail) {
      set(name, state, detail);
      changed();
    },
    detail(name, detail) {
      const step = steps.get(name);
      if (step) steps.set(name, { ...step, detail });
      changed();
    },
    stateOf: (name) => steps.get(name)?.state,
    close() {
      for (const { name, state } of steps.values()) if (state === 'pending') set(name, 'skipped');
    },
    steps: () => [...steps.values()],
  };
}

const marks: Readonly<Record<StepState, string>> = { pending: '·', running: '▶', done: '✔', failed: '✘', undone: '↩', skipped: '–' };
const cell = (text: string | undefined): string => (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
const time = (at: string | undefined): string => at?.slice(0, 19).replace('T', ' ') ?? '';

/** The timeline as the Temporal UI shows it. */
export const markdownOf = (steps: readonly Step[]): string =>
  [
    '| | step | state | started (UTC) | ended (UTC) | |',
    '|---|---|---|---|---|---|',
    ...steps.map(
      ({ name, state, startedAt, endedAt, detail }) =>
        `| ${marks[state]} | ${cell(name)} | ${state} | ${time(startedAt)} | ${time(endedAt)} | ${cell(detail)} |`,
    ),
  ].join('\n');
