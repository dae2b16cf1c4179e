import { ApplicationFailure, executeChild, getExternalWorkflowHandle, startChild, TemporalFailure } from '@temporalio/workflow';
import { platformTenantId } from '../../domain/roles.ts';
import type { RunContext, ScheduledStart } from '../../domain/run.ts';
import { workflowIdOf } from '../../domain/workflow-id.ts';

export interface OtherRun {
  /** As processes/ names it. */
  readonly process: string;
  readonly workflow: string;
  readonly tenantId: string;
  readonly businessKey: string;
}

/**
 * Starts a run of a school's own that goes on by itself, whatever becomes of this one: it makes its own ids and writes its own row, as a
 * scheduled one does. False when one with that business key is running, or has come to its end before.
 */
export async function startRun({ process, workflow, tenantId, businessKey }: OtherRun, input: object): Promise<boolean> {
  const run: ScheduledStart = { tenantId, startedBy: platformTenantId, scheduled: { process } };
  try {
    await startChild(workflow, {
      workflowId: workflowIdOf(process, tenantId, businessKey),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      parentClosePolicy: 'ABANDON',
      args: [{ ...input, run }],
      typedSearchAttributes: [
        { key: { name: 'TenantId', type: 'KEYWORD' }, value: tenantId },
        { key: { name: 'StartedBy', type: 'KEYWORD' }, value: platformTenantId },
      ],
      priority: { fairnessKey: tenantId },
    });
    return true;
  } catch (error) {
    if (error instanceof TemporalFailure && error.name === 'WorkflowExecutionAlreadyStartedError') return false;
    throw error;
  }
}

/** Sends a run a signal of the house, without a payload. False when there is none that runs. */
export async function signalRun({ process, tenantId, businessKey }: Omit<OtherRun, 'workflow'>, signal: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowIdOf(process, tenantId, businessKey)).signal(signal);
    return true;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === 'ExternalWorkflowExecutionNotFound') return false;
    throw error;
  }
}

/**
 * Runs a school's `export-subject` to its end before this run goes on: it makes its own ids and writes its own row. A package
 * can be fetched until the person is erased; its passphrase is sealed under their key.
 */
export async function exportFirst({ tenantId }: Pick<RunContext, 'tenantId'>, personId: string): Promise<void> {
  const run: ScheduledStart = { tenantId, startedBy: platformTenantId, scheduled: { process: 'export-subject' } };
  await executeChild('exportSubject', {
    workflowId: workflowIdOf('export-subject', tenantId, personId),
    parentClosePolicy: 'ABANDON',
    args: [{ personId, format: ['json', 'csv'], recipient: { kind: 'passphrase' }, expiresInDays: 30, run }],
    typedSearchAttributes: [
      { key: { name: 'TenantId', type: 'KEYWORD' }, value: tenantId },
      { key: { name: 'StartedBy', type: 'KEYWORD' }, value: platformTenantId },
    ],
    priority: { fairnessKey: tenantId },
  });
}
