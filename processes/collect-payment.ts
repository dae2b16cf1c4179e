import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

const nothing = z.strictObject({});

export default defineProcess({
  name: 'collect-payment',
  title: 'Collect a failed payment',
  description:
    'Collects one unpaid invoice by the dunning policy of the school: retries, mails, reduced access and, on the last day, writing off. It ends as soon as the invoice is paid, whoever paid it. It starts by itself when a charge fails.',
  workflow: 'collectPayment',
  input: z.strictObject({
    invoiceId: z.uuid().describe("The platform's id of the invoice.").meta({ title: 'Invoice' }),
  }),
  permission: { object: 'invoice', action: 'collect' },
  // A school that could stop it would owe for ever.
  cancel: { object: 'collection', action: 'cancel' },
  scope: 'tenant',
  businessKey: ({ invoiceId }) => invoiceId,
  conflict: 'use-existing',
  paying: true,
  taskQueue: taskQueues.main,
  messages: {
    pause: {
      kind: 'update',
      title: 'Pause',
      input: z.strictObject({
        until: z.iso
          .datetime({ offset: true })
          .optional()
          .describe('When it goes on by itself; as late as the policy allows when absent.')
          .meta({ title: 'Until' }),
      }),
      permission: { object: 'collection', action: 'pause' },
    },
    resume: { kind: 'update', title: 'Resume', input: nothing, permission: { object: 'collection', action: 'resume' } },
    'retry-now': { kind: 'update', title: 'Try now', input: nothing, permission: { object: 'collection', action: 'retry-now' } },
    exempt: { kind: 'update', title: 'Exempt from dunning', input: nothing, permission: { object: 'collection', action: 'exempt' } },
    forgive: { kind: 'update', title: 'Forgive the debt', input: nothing, permission: { object: 'collection', action: 'forgive' } },
  },
});
