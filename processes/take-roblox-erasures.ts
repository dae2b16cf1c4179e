import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'take-roblox-erasures',
  title: 'Take requests for erasure from Roblox',
  description:
    'Finds whom Roblox, or staff in its place, told us to forget in every school, and has each of them erased there. Runs when a request comes, and every hour.',
  workflow: 'takeRobloxErasures',
  input: z.strictObject({}),
  permission: { object: 'roblox-erasure', action: 'take' },
  scope: 'platform',
  businessKey: () => 'all',
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
  schedule: { every: '1h', input: {} },
});
