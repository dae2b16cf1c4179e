import type { InjectedSinks } from '@temporalio/worker';
import type { RunNotifier } from '../platform/run-hints.ts';
import type { RunEventSinks } from '../workflows/support/run-events.ts';

/** What workflows tell the outside without a trace in their history. Not while replaying: that has been told before. */
export const runEventSinks = (hints: Pick<RunNotifier, 'moved'>): InjectedSinks<RunEventSinks> => ({
  runEvents: { moved: { fn: (_info, hint) => hints.moved(hint), callDuringReplay: false } },
});
