/** Where in an activity the worker dies: before anything is done, after so many of its writes, or after all of it. */
export type Moment = 'before' | 'after' | number;

export interface Doom {
  readonly activity: string;
  /** Which of the run's calls of it, counted from 1. */
  readonly call: number;
  readonly moment: Moment;
}
/** What the harness tells a worker. One loaded ahead of time begins to work on `go`. */
export type Order = { readonly kind: 'go' } | { readonly kind: 'doom'; readonly doom: Doom | undefined };

/** What a worker tells the harness. `call` names a call of an activity, whose attempts share it; `token` an attempt, to Temporal. */
export type Word =
  | { readonly kind: 'doomed' }
  | { readonly kind: 'began'; readonly activity: string; readonly call: string; readonly token: string }
  | {
      readonly kind: 'ended';
      readonly activity: string;
      readonly call: string;
      readonly token: string;
      readonly writes: readonly string[];
    };
