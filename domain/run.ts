export const stepStates = ['pending', 'running', 'done', 'failed', 'undone', 'skipped'] as const;
export type StepState = (typeof stepStates)[number];

/** One line of a run's timeline. Times are RFC 3339 UTC. `detail` is for people: no personal data. */
export interface Step {
  readonly name: string;
  readonly state: StepState;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly detail?: string;
}
export interface Progress {
  readonly steps: readonly Step[];
  /** Names of the messages the run takes now (declared in processes/). */
  readonly takes?: readonly string[];
}

export const runStatuses = ['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed_out'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Why a run ended without a result: a code of domain/errors.ts, words, and details without personal data. */
export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** How a run ended, told by its workflow to the projection `runs`. */
export interface RunEnd {
  readonly runId: string;
  readonly tenantId: string;
  readonly status: Exclude<RunStatus, 'running'>;
  readonly steps: readonly Step[];
  readonly result?: unknown;
  readonly error?: RunError;
}

/** What the platform adds to a process's own input when it starts a run. Ids only. */
export interface RunContext {
  readonly runId: string;
  /** The tenant in whose name the run was started: the platform's own for platform processes. */
  readonly tenantId: string;
  readonly startedBy: string;
  readonly requestId: string;
  /** Where the API put the personal part of the input, sealed; absent when there was none. */
  readonly sealedInputId?: string;
  /** Of a run that its schedule started: nobody asked for it, so `startedBy` is the platform tenant itself. */
  readonly scheduled?: { readonly process: string };
}
/** What a schedule says of the runs it starts: their ids are made when they begin. */
export type ScheduledStart = Required<Pick<RunContext, 'tenantId' | 'startedBy' | 'scheduled'>>;

/** Who acts in a run, for the audit log: an account, or null for the platform itself. */
export const actorOf = ({ startedBy, scheduled }: Pick<RunContext, 'startedBy' | 'scheduled'>): string | null =>
  scheduled ? null : startedBy;

/** A scheduled run, told by its workflow to the projection `runs`: of any other the API has written the row. */
export interface RunStart extends Omit<RunContext, 'scheduled' | 'sealedInputId'> {
  readonly process: string;
  readonly workflowId: string;
}
export type ProcessInput<I> = I & { readonly run: RunContext };

/** Telling a run's watchers that it has moved. Lost hints are harmless: watchers re-read the run itself. */
export interface RunHint {
  readonly id: string;
  readonly runId: string;
  readonly tenantId: string;
  readonly at: string;
  readonly progress?: Progress;
}
export const runHintChannel = (runId: string): string => `run:${runId}`;
