import { StackError } from '../../stack/stack-error.ts';
import type { OnboardStep } from './attempt.ts';
import { disturbances, type Disturbance } from './disturbances.ts';
import { troubleNames } from './lines.ts';

/** Those whose name holds all words of one of the choices; all without choices. Throws StackError when there is none. */
export function choose(only: string | undefined): readonly Disturbance[] {
  const choices = only?.split(',').map((choice) => choice.trim().split(/\s+/));
  const isChosen = ({ name }: Disturbance): boolean =>
    choices === undefined || choices.some((words) => words.every((word) => name.split(/[ +]/).includes(word)));
  const chosen = disturbances.filter(isChosen);
  if (chosen.length === 0) throw new StackError(`Nothing is called '${only}': --help lists the names.`);
  return chosen;
}

/** Each line has its four troubles in turn, one a round, unless they were asked for by name. */
const dueIn = (round: number, all: readonly Disturbance[], everything: boolean): readonly Disturbance[] =>
  everything ? all.filter(({ turn }) => turn === undefined || turn === round % troubleNames.length) : all;

export interface Turn {
  readonly disturbance: Disturbance;
  /** Where it begins; the others are for when the run was faster. */
  readonly from: readonly OnboardStep[];
  readonly title: string;
}

/** All rounds: each disturbance begins elsewhere in each. */
export function plan(rounds: number, chosen: readonly Disturbance[], everything: boolean): Turn[] {
  return Array.from({ length: rounds }, (_, round) => {
    const due = dueIn(round, chosen, everything);
    return due.map((disturbance, index): Turn => {
      // What takes turns comes round at every fourth round only: it too is to begin elsewhere.
      const moved = disturbance.turn === undefined ? round : round + 3 * Math.floor(round / troubleNames.length);
      const at = (index * 3 + moved) % disturbance.from.length;
      const from = [...disturbance.from.slice(0, at + 1).toReversed(), 'start' as const];
      return { disturbance, from, title: `round ${round + 1}/${rounds} ${index + 1}/${due.length} ${disturbance.name}` };
    });
  }).flat();
}
