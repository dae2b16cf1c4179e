import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'mirror-billing',
  title: 'Mirror billing',
  description:
    'Brings what the platform knows of subscriptions, invoices and payments up to date with Stripe, for everything its events named, and has failed charges collected. Runs when events come, and every minute, when it also looks for events that did not come.',
  workflow: 'mirrorBilling',
  input: z.strictObject({
    list: z
      .boolean()
      .default(false)
      .describe('Whether Stripe is asked for events that did not come even if it was asked within the last minute.')
      .meta({ title: 'Ask Stripe now' }),
  }),
  permission: { object: 'billing', action: 'mirror' },
  scope: 'platform',
  businessKey: () => 'all',
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
  schedule: { every: '1m', input: {} },
});
