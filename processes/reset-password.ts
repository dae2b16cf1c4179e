import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'reset-password',
  title: 'Reset a password',
  description:
    'Mails a link that sets a new password once, within an hour, to the account that has the login. A login without an account, or one that is no e-mail address, ends the same way without a mail.',
  workflow: 'resetPassword',
  input: z.strictObject({
    resetId: z.uuid().describe('Names this reset: a repeat with the same id sends no second mail.').meta({ title: 'Reset' }),
    login: z
      .string()
      .trim()
      .min(1)
      .max(320)
      .describe('The e-mail address the account signs in with.')
      .meta({ title: 'Login', pii: 'email' }),
  }),
  permission: { object: 'account', action: 'reset-password' },
  scope: 'platform',
  businessKey: ({ resetId }) => resetId,
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
});
