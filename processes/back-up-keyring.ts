import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'back-up-keyring',
  title: 'Back up the keyring',
  description:
    'Stores a backup of all keys and of what OpenBao knows, sealed to an identity that no host of the platform has, and removes those whose retention is over: until then they may hold keys that were destroyed. Runs every day.',
  workflow: 'backUpKeyring',
  input: z.strictObject({}),
  permission: { object: 'keyring', action: 'back-up' },
  scope: 'platform',
  businessKey: () => 'all',
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
  schedule: { every: '1d', input: {} },
});
