import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'rotate-tenant-key',
  title: "Rotate a tenant's key",
  description:
    "Makes a new version of the key that wraps a school's keys (or the platform's own), wraps every one of them anew, and ends what the older versions open. No row of data is written, and nobody waits: people read and write meanwhile.",
  workflow: 'rotateTenantKey',
  input: z.strictObject({
    tenantId: z.uuid().describe("The school, or the platform's own tenant.").meta({ title: 'Tenant' }),
  }),
  permission: { object: 'tenant-key', action: 'rotate' },
  scope: 'platform',
  businessKey: ({ tenantId }) => tenantId,
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
});
