import { queue, type OnQueue, type VendorQueue } from '../../domain/task-queues.ts';

/**
 * Declares that activities talk to a vendor: they are served on its queue only, so at its rate, and workflows reach them only by its proxies.
 * One factory talks to one vendor; what needs none belongs into another factory.
 */
export const onQueue = <Queue extends VendorQueue, Activities extends object>(
  name: Queue,
  activities: Activities,
): Activities & OnQueue<Queue> =>
  // Not enumerable: whoever lists the activities meets activities only.
  Object.defineProperty(activities, queue, { value: name }) as Activities & OnQueue<Queue>;
