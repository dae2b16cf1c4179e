import { proxySinks, type Sinks } from '@temporalio/workflow';
import type { RunHint } from '../../domain/run.ts';

/** Leaves the sandbox without an event in the history: watchers learn at once, and nothing depends on it. */
export interface RunEventSinks extends Sinks {
  runEvents: { moved(hint: RunHint): void };
}
export const { runEvents } = proxySinks<RunEventSinks>();
