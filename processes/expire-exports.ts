import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'expire-exports',
  title: 'Remove expired exports',
  description:
    'Removes, in all tenants, packages of people’s data whose time is over: the sealed file goes, the row says so. Runs every hour.',
  workflow: 'expireExports',
  input: z.strictObject({}),
  permission: { object: 'privacy-export', action: 'expire' },
  scope: 'platform',
  businessKey: () => 'all',
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
  schedule: { every: '1h', input: {} },
});
