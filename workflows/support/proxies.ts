import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow';

/**
 * Classes of work. None limits all its attempts together: a database or a vendor that is away for a day delays a run and
 * does not fail it; people can cancel. One attempt's time is also how long a killed worker's step waits to be tried again.
 */
// Said aloud, because the SDK's documented default is not its real one (1.24: none is sent, which means TRY_CANCEL). A step that
// was cancelled has stopped, one way or the other, before it is undone: else the undo could overtake what it undoes.
const cancellationType = 'WAIT_CANCELLATION_COMPLETED';
const quick = { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' } as const;
const patient = { initialInterval: '1 second', maximumInterval: '1 minute' } as const;

/** Our own stores: milliseconds as a rule. */
export const database = <A>(): ActivityInterfaceFor<A> =>
  proxyActivities<A>({ startToCloseTimeout: '15 seconds', cancellationType, retry: quick });

/** One call, or a few, to somebody else's service. */
export const vendor = <A>(): ActivityInterfaceFor<A> =>
  proxyActivities<A>({ startToCloseTimeout: '45 seconds', cancellationType, retry: patient });

/** Minutes to hours, with a heartbeat: it resumes where the last one stood, and hears of cancellation by it. */
export const longRunning = <A>(): ActivityInterfaceFor<A> =>
  proxyActivities<A>({ startToCloseTimeout: '12 hours', heartbeatTimeout: '20 seconds', cancellationType, retry: quick });

/** Undoes a step: tried until it works. */
export const undoing = <A>(): ActivityInterfaceFor<A> => proxyActivities<A>({ startToCloseTimeout: '2 minutes', retry: patient });
