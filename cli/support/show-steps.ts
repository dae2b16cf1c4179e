import { clearScreenDown, moveCursor } from 'node:readline';
import colors from 'picocolors';
import type { Step, StepState } from '../../domain/run.ts';
import type { Run } from './api-client.ts';

const marks: Record<StepState, string> = {
  pending: colors.dim('·'),
  running: colors.cyan('▸'),
  done: colors.green('✓'),
  failed: colors.red('✗'),
  undone: colors.yellow('↶'),
  skipped: colors.dim('-'),
};

const seconds = ({ startedAt, endedAt }: Step): string =>
  startedAt && endedAt ? colors.dim(` ${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`) : '';
const line = (step: Step): string =>
  `  ${marks[step.state]} ${step.name}${step.detail ? colors.dim(` - ${step.detail}`) : ''}${seconds(step)}`;

/** Shows a run's steps live: redrawn in place on a terminal, one line a change elsewhere. */
export function createStepView(out: NodeJS.WriteStream): (run: Run) => void {
  let drawn = 0;
  const states = new Map<string, string>();
  return ({ steps }) => {
    if (out.isTTY) {
      if (drawn > 0) moveCursor(out, 0, -drawn);
      clearScreenDown(out);
      out.write(steps.map((step) => `${line(step)}\n`).join(''));
      drawn = steps.length;
      return;
    }
    for (const step of steps) {
      const state = `${step.state} ${step.detail ?? ''}`;
      if (step.state !== 'pending' && states.get(step.name) !== state) out.write(`${line(step)}\n`);
      states.set(step.name, state);
    }
  };
}
