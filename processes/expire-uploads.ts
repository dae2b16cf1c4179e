import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'expire-uploads',
  title: 'Remove expired uploads',
  description:
    'Removes, in all tenants, uploaded files past their time and what an upload that was cut off left behind: the file, its key, and what its row says. Runs every hour.',
  workflow: 'expireUploads',
  input: z.strictObject({}),
  permission: { object: 'upload', action: 'expire' },
  scope: 'platform',
  businessKey: () => 'all',
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
  schedule: { every: '1h', input: {} },
});
