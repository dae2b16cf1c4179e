import { z } from 'zod';
import { restrictionReasons } from '../domain/privacy/rectifiable.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'restrict-subject',
  title: 'Restrict the use of a person’s data',
  description:
    'Holds the data of a person back (GDPR Art. 18): it is stored and not otherwise used. Others cannot read it, nothing is mailed to it, no roster changes it. The run stays open until it is told to lift the restriction, or until the day that was named; cancelling it lifts it, too.',
  workflow: 'restrictSubject',
  input: z.strictObject({
    personId: z.uuid().meta({ title: 'Person' }),
    reason: z.enum(restrictionReasons).describe('GDPR Art. 18(1)(a) to (d).').meta({ title: 'Reason' }),
    until: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('When it is lifted by itself; by a message alone when absent.')
      .meta({ title: 'Until' }),
  }),
  permission: { object: 'person', action: 'restrict' },
  cancel: { object: 'restriction', action: 'lift' },
  scope: 'tenant',
  staffToo: true,
  businessKey: ({ personId }) => personId,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
  messages: {
    lift: { kind: 'update', title: 'Lift', input: z.strictObject({}), permission: { object: 'restriction', action: 'lift' } },
  },
});
