import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { taskQueues, type VendorQueue } from '../../domain/task-queues.ts';

/** The tests' workers share a namespace, so each has queues of its own, those of vendors too. One that polls the product's main queue has the product's. */
export const beside = (own: string, queue: VendorQueue): string => (own === taskQueues.main ? queue : `${own}/${queue}`);

/** Part of the tests' bundle: sends an activity of a vendor's queue to that of the worker under test. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        const { taskQueue } = input.options;
        return next(
          taskQueue
            ? { ...input, options: { ...input.options, taskQueue: beside(workflowInfo().taskQueue, taskQueue as VendorQueue) } }
            : input,
        );
      },
    },
  ],
});
