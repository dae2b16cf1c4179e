import { z } from 'zod';
import { laws } from '../domain/privacy/deadline.ts';
import { requesters, verifications } from '../domain/privacy/request.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

const verification = z.strictObject({
  how: z.enum(verifications).meta({ title: 'How' }),
  evidenceId: z.uuid().optional().describe('Where the evidence is kept, by its id').meta({ title: 'Evidence' }),
});
const nothing = z.strictObject({});
const may = (action: string) => ({ object: 'erasure', action });

export default defineProcess({
  name: 'erase-subject',
  title: 'Erase a person',
  description:
    'Erases everything the platform holds of one person of a school, everywhere, and proves it: counts before, receipts, a search of every place afterwards, and a certificate. It asks before the point of no return and can be withdrawn until then.',
  workflow: 'eraseSubject',
  input: z.strictObject({
    personId: z.uuid().describe('The person, by the id the school sees.').meta({ title: 'Person' }),
    requestedBy: z.enum(requesters).describe('Who asked for it.').meta({ title: 'Asked by' }),
    law: z.enum(laws).optional().describe('Whose deadline holds; the school’s policy says when absent.').meta({ title: 'Law' }),
    accessFirst: z
      .boolean()
      .default(false)
      .describe('They want a copy of their data, too: it is made first.')
      .meta({ title: 'Copy first' }),
    verification: verification
      .optional()
      .describe('How it was made sure that whoever asked may ask; else the run waits to be told.')
      .meta({ title: 'Verified' }),
  }),
  permission: may('request'),
  cancel: may('withdraw'),
  cancelBy: 'withdraw',
  scope: 'tenant',
  staffToo: true,
  businessKey: ({ personId }) => personId,
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
  messages: {
    verify: { kind: 'update', title: 'Requester verified', input: verification, permission: may('verify'), signed: true },
    approve: { kind: 'update', title: 'Approve', input: nothing, permission: may('approve'), signed: true },
    confirm: { kind: 'update', title: 'Erase now: cannot be undone', input: nothing, permission: may('confirm'), signed: true },
    hold: {
      kind: 'update',
      title: 'Hold by law',
      input: z.strictObject({ holdId: z.uuid(), until: z.iso.datetime({ offset: true }) }),
      permission: may('hold'),
      signed: true,
    },
    release: { kind: 'update', title: 'Release the hold', input: nothing, permission: may('hold'), signed: true },
    withdraw: { kind: 'update', title: 'Withdraw', input: nothing, permission: may('withdraw'), signed: true },
  },
});
