import { z } from 'zod';
import { creditNoteReasons, settlings } from '../domain/money-back.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'issue-credit-note',
  title: 'Issue a credit note',
  description:
    'Takes something off a bill of a school. An open bill owes less; of a paid one the money goes to the balance for the next bill, or back to the card. Never more than is owed or was paid.',
  workflow: 'issueCreditNote',
  input: z.strictObject({
    tenantId: z.uuid().describe('The school whose bill it is.').meta({ title: 'School' }),
    invoiceId: z.uuid().describe('The bill, by the id the platform has of it.').meta({ title: 'Bill' }),
    amountMinor: z.int().min(1).max(1_000_000_000_000).describe('In minor units of its currency, with its tax.').meta({ title: 'Amount' }),
    reason: z.enum(creditNoteReasons).default('product_unsatisfactory').meta({ title: 'Reason' }),
    settleBy: z
      .enum(settlings)
      .default('balance')
      .describe('Of a bill that was paid: where the money goes.')
      .meta({ title: 'Money goes to' }),
  }),
  permission: { object: 'invoice', action: 'credit' },
  scope: 'platform',
  businessKey: ({ invoiceId }) => invoiceId,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
});
