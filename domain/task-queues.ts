/**
 * A queue is a load profile, not a workflow: `main` for the work of the house, shared fairly by school, and one for each vendor that limits
 * how often it may be asked; Temporal hands out no more of its activities a second than its rate, over all workers. One worker process
 * polls all of them today. Pusher has none: it documents a quota a day and no rate, and most of what it is told comes from no activity.
 */
export const taskQueues = { main: 'main', stripe: 'stripe', sendgrid: 'sendgrid', roblox: 'roblox' } as const;
export type TaskQueue = (typeof taskQueues)[keyof typeof taskQueues];
export const vendorQueues = [taskQueues.stripe, taskQueues.sendgrid, taskQueues.roblox] as const;
export type VendorQueue = (typeof vendorQueues)[number];

/** Which queue activities declare, where it is not the main one: their factory says it (`onQueue`), and their type carries it to the workflows. */
export const queue: unique symbol = Symbol('task queue');
// A type and no interface: an interface would hide that all else are activities.
export type OnQueue<Queue extends VendorQueue> = { readonly [queue]: Queue };
