import { z } from 'zod';
import { planIds } from '../domain/plans.ts';
import { cancelChoices } from '../domain/subscription-change.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'change-subscription',
  title: 'Change the subscription',
  description:
    'Changes the plan or the seats of the school, or ends its subscription, at Stripe; what it costs for the rest of the period is on the next bill. A plan for fewer students than the school has is refused.',
  workflow: 'changeSubscription',
  input: z
    .strictObject({
      plan: z
        .string()
        .min(1)
        .max(40)
        .optional()
        .describe('The plan to change to.')
        .meta({ title: 'Plan', examples: [...planIds] }),
      quantity: z
        .union([z.int().min(1).max(200_000), z.literal('active-students')])
        .optional()
        .describe('So many seats, or as many as there are active students.')
        .meta({ title: 'Seats', examples: [25] }),
      cancel: z
        .enum(cancelChoices)
        .optional()
        .describe('Ends the subscription now or with the period that is paid for; keep takes the latter back.')
        .meta({ title: 'End' }),
    })
    .refine((change) => Object.values(change).some((part) => part !== undefined), 'say what is to change')
    .refine(({ cancel, ...change }) => cancel !== 'now' || Object.values(change).every((part) => part === undefined), {
      path: ['cancel'],
      message: 'what ends now cannot change',
    }),
  permission: { object: 'subscription', action: 'change' },
  scope: 'tenant',
  businessKey: () => 'subscription',
  conflict: 'refuse',
  taskQueue: taskQueues.main,
  paying: true,
});
