import { z } from 'zod';
import { refundReasons } from '../domain/money-back.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'refund-payment',
  title: 'Refund a payment',
  description:
    'Gives a school back what it paid, in whole or in part, to the card it was paid with. Never more than is left of the payment; one that did not succeed, or that is disputed, is refused.',
  workflow: 'refundPayment',
  input: z.strictObject({
    tenantId: z.uuid().describe('The school that paid.').meta({ title: 'School' }),
    paymentId: z.uuid().describe('The payment, by the id the platform has of it.').meta({ title: 'Payment' }),
    amountMinor: z
      .int()
      .min(1)
      .max(1_000_000_000_000)
      .optional()
      .describe('In minor units of its currency; all that is left of it when absent.')
      .meta({ title: 'Amount' }),
    reason: z.enum(refundReasons).default('requested_by_customer').meta({ title: 'Reason' }),
  }),
  permission: { object: 'payment', action: 'refund' },
  scope: 'platform',
  businessKey: ({ paymentId }) => paymentId,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
});
