import type { Purpose } from './purposes.ts';

export const decisions = ['granted', 'refused', 'withdrawn'] as const;
export type Decision = (typeof decisions)[number];

/** Who decided: the person, a guardian, the school on somebody's behalf, or a browser by `Sec-GPC: 1`. */
export const deciders = ['person', 'guardian', 'school', 'gpc'] as const;
export type Decider = (typeof deciders)[number];

/** How a decision was told. `gpc-exception` confirms a yes in spite of the browser's signal. */
export const methods = ['form', 'paper', 'verbal', 'gpc-exception'] as const;
export type Method = (typeof methods)[number] | 'gpc';

/** One line of a person's history for one purpose. */
export interface MadeDecision {
  readonly purpose_version: number;
  readonly decision: Decision;
  readonly decided_as: Decider;
  /** Whether the person was a minor, or not known not to be one, at that time; null where nobody asked. */
  readonly of_minor: boolean | null;
}

export const consentStates = ['granted', 'refused', 'withdrawn', 'outdated', 'waits-for-guardian', 'not-asked'] as const;
export type ConsentState = (typeof consentStates)[number];

/** A minor's own yes: written down, and no consent, also when the minor has come of age since. */
export const isMinorsYes = ({ decision, decided_as, of_minor }: MadeDecision): boolean =>
  decision === 'granted' && decided_as === 'person' && of_minor === true;

/** How a purpose stands for a person, by their decisions about it, newest first. A yes to another version's text is none to this one's. */
export function stateOf({ version }: Pick<Purpose, 'version'>, newestFirst: readonly MadeDecision[]): ConsentState {
  const counting = newestFirst.find((made) => !isMinorsYes(made));
  const newest = newestFirst[0];
  if (newest && isMinorsYes(newest) && counting?.decision !== 'granted') return 'waits-for-guardian';
  if (!counting) return 'not-asked';
  return counting.decision === 'granted' && counting.purpose_version !== version ? 'outdated' : counting.decision;
}

/** Whether a person's data may be processed for a purpose. */
export function mayProcess({ consent }: Pick<Purpose, 'consent'>, state: ConsentState): boolean {
  if (consent === 'none') return true;
  return consent === 'required' ? state === 'granted' : state !== 'refused' && state !== 'withdrawn';
}
