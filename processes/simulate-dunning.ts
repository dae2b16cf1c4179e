import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';
import { dunningPolicySchema } from './support/dunning-policy.ts';

export default defineProcess({
  name: 'simulate-dunning',
  title: 'Simulate dunning',
  description:
    'Tries a dunning policy on failed payments of the past, or on invented ones, beside the present policy of the school. Nothing is charged, mailed or changed.',
  workflow: 'simulateDunning',
  input: z.strictObject({
    policy: dunningPolicySchema
      .describe('The policy to try. What is left out is as in the standard policy.')
      .meta({ title: 'Policy', examples: [{ name: 'patient', version: 1 }] }),
    source: z
      .union([
        z.literal('own-history'),
        z.strictObject({ uploadId: z.uuid() }),
        z.strictObject({ sample: z.int().min(1).max(100_000), seed: z.int().min(1).max(10_000_000).default(1) }),
      ])
      .describe('The failed payments of the school itself, a CSV file that was uploaded, or so many invented ones.')
      .meta({ title: 'Payments', examples: ['own-history'] }),
  }),
  permission: { object: 'dunning-policy', action: 'simulate' },
  scope: 'tenant',
  // One at a time a school: it takes seconds of a processor.
  businessKey: () => 'simulation',
  conflict: 'refuse',
  taskQueue: taskQueues.main,
});
