/** A queue is a load profile, not a workflow. One worker process polls all of them today. */
export const taskQueues = { main: 'main' } as const;
export type TaskQueue = (typeof taskQueues)[keyof typeof taskQueues];
