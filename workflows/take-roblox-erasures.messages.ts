import type { ProcessInput } from '../domain/run.ts';

export type TakeRobloxErasuresInput = ProcessInput<object>;
export interface TakeRobloxErasuresResult {
  /** Requests that were dealt with, and those of them that mean nobody we know. */
  readonly requests: number;
  readonly unknown: number;
  /** Runs of erase-subject that were started, and people of whom one was there already. */
  readonly started: number;
  readonly known: number;
  /** Whether some were left for the next run. */
  readonly more: boolean;
}
