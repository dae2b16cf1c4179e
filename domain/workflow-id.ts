import { platformTenantId } from './roles.ts';

/**
 * The id of a run's workflow: `<process>:<business key>`, and for a tenant's own runs `<process>@<tenant>:<business key>`. It holds ids
 * and slugs only. It says whose the run is, because Temporal hands the id, and nothing else, to whoever seals the run's payloads.
 */
export const workflowIdOf = (process: string, tenantId: string, businessKey: string): string =>
  `${process}${tenantId === platformTenantId ? '' : `@${tenantId}`}:${businessKey}`;

const tenants = /^[a-z0-9-]+@([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):/;

/** Whose run it is; the platform's own when the id names no tenant. */
export const tenantOfWorkflow = (workflowId: string): string => tenants.exec(workflowId)?.[1] ?? platformTenantId;
