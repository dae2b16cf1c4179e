import { type ActivityInterfaceFor, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import { type OnQueue, type queue, taskQueues, type VendorQueue } from '../../domain/task-queues.ts';

// Said aloud, because the SDK's documented default is not its real one (1.24: none is sent, which means TRY_CANCEL). A step that
// was cancelled has stopped, one way or the other, before it is undone: else the undo could overtake what it undoes.
const cancellationType = 'WAIT_CANCELLATION_COMPLETED';
const quick = { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' } as const;
const patient = { initialInterval: '1 second', maximumInterval: '1 minute' } as const;

/**
 * Classes of work. None limits all its attempts together: a database or a vendor that is away for a day delays a run and
 * does not fail it; people can cancel. One attempt's time is also how long a killed worker's step waits to be tried again.
 */
const classes = {
  /** Our own database: milliseconds as a rule. */
  database: { startToCloseTimeout: '15 seconds', cancellationType, retry: quick },
  /** One call, or a few, to something that answers over HTTP. */
  service: { startToCloseTimeout: '45 seconds', cancellationType, retry: patient },
  /** Minutes to hours, with a heartbeat: it resumes where the last one stood, and hears of cancellation by it. */
  longRunning: { startToCloseTimeout: '12 hours', heartbeatTimeout: '20 seconds', cancellationType, retry: quick },
  /** Undoes a step: tried until it works. */
  undoing: { startToCloseTimeout: '2 minutes', retry: patient },
} as const satisfies Readonly<Record<string, ActivityOptions>>;

/** Activities of the house. One that talks to a vendor is none: it is reached by its vendor's proxies, or its rate would be passed by. */
type OfTheHouse = object & { readonly [queue]?: never };

export const database = <A extends OfTheHouse>(): ActivityInterfaceFor<A> => proxyActivities<A>(classes.database);
/** The vault, the object store, Pusher. */
export const service = <A extends OfTheHouse>(): ActivityInterfaceFor<A> => proxyActivities<A>(classes.service);
export const longRunning = <A extends OfTheHouse>(): ActivityInterfaceFor<A> => proxyActivities<A>(classes.longRunning);
export const undoing = <A extends OfTheHouse>(): ActivityInterfaceFor<A> => proxyActivities<A>(classes.undoing);

/** The same on the queue of a vendor, for the activities that declare it. */
const at = <Queue extends VendorQueue>(taskQueue: Queue) => ({
  service: <A extends OnQueue<Queue>>(): ActivityInterfaceFor<A> => proxyActivities<A>({ ...classes.service, taskQueue }),
  longRunning: <A extends OnQueue<Queue>>(): ActivityInterfaceFor<A> => proxyActivities<A>({ ...classes.longRunning, taskQueue }),
  undoing: <A extends OnQueue<Queue>>(): ActivityInterfaceFor<A> => proxyActivities<A>({ ...classes.undoing, taskQueue }),
});
export const stripe = at(taskQueues.stripe);
export const sendgrid = at(taskQueues.sendgrid);
export const roblox = at(taskQueues.roblox);
