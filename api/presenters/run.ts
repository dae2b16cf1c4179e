import { z } from 'zod';
import { runStatuses, stepStates, type RunError, type RunStatus, type Step } from '../../domain/run.ts';
import type { Run } from '../../platform/models/run.ts';
import { actionsOf } from './actions.ts';

const Json = z.record(z.string(), z.unknown());

const Links = z.object({ self: z.string(), events: z.string(), cancel: z.string() });

export const RunReference = z
  .object({ id: z.uuid(), process: z.string(), status: z.enum(runStatuses), links: Links })
  .meta({ id: 'RunReference' });

const StepResource = z
  .object({
    name: z.string(),
    state: z.enum(stepStates),
    startedAt: z.iso.datetime().optional(),
    endedAt: z.iso.datetime().optional(),
    detail: z.string().optional().describe('Words for people'),
  })
  .meta({ id: 'Step' });

const RunErrorResource = z.object({ code: z.string(), message: z.string(), details: Json.optional() }).meta({ id: 'RunError' });

const MessageResource = z
  .object({
    name: z.string(),
    kind: z.enum(['signal', 'update']),
    title: z.string().optional(),
    schema: Json.describe('JSON Schema of the body'),
    allowed: z.boolean().describe('Whether the caller may send it'),
    href: z.string(),
  })
  .meta({ id: 'RunMessage' });

const summary = {
  id: z.uuid(),
  process: z.string(),
  status: z.enum(runStatuses),
  startedBy: z.uuid().describe("The account that started it; the platform's own tenant when a schedule did"),
  createdAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  links: Links,
};
export const RunSummary = z.object(summary).meta({ id: 'RunSummary' });

export const RunResource = z
  .object({
    ...summary,
    steps: z.array(StepResource),
    result: z.unknown().optional().describe('Of a completed run'),
    error: RunErrorResource.optional().describe('Of a run that ended otherwise'),
    takes: z.array(MessageResource).describe('Messages the run takes now'),
    degraded: z.boolean().describe('No worker answered: the steps are as Temporal itself or the last record knows them'),
    actions: z.array(z.enum(['cancel'])),
    temporalUi: z.url().optional(),
  })
  .meta({ id: 'Run' });

export const linksOf = (id: string): z.input<typeof Links> => ({
  self: `/v1/runs/${id}`,
  events: `/v1/runs/${id}/events`,
  cancel: `/v1/runs/${id}/cancel`,
});

export const presentReference = ({ id, process }: Pick<Run, 'id' | 'process'>): z.input<typeof RunReference> => ({
  id,
  process,
  // The answer to a start is the same however often it is asked for: it does not follow the run.
  status: 'running',
  links: linksOf(id),
});

type Summarised = Pick<Run, 'id' | 'process' | 'status' | 'started_by' | 'created_at' | 'closed_at'>;
export const presentSummary = (run: Summarised): z.input<typeof RunSummary> => ({
  id: run.id,
  process: run.process,
  status: run.status,
  startedBy: run.started_by,
  createdAt: run.created_at.toISOString(),
  closedAt: run.closed_at?.toISOString() ?? null,
  links: linksOf(run.id),
});

/** A run as it is read: the row, and what Temporal knew of it just now. */
export interface RunState {
  readonly row: Summarised;
  readonly status: RunStatus;
  readonly steps: readonly Step[];
  readonly result?: unknown;
  readonly error?: RunError | undefined;
  readonly takes: z.input<typeof RunResource>['takes'];
  readonly degraded: boolean;
}

export function presentRun(state: RunState, mayCancel: boolean, temporalUi?: string): z.input<typeof RunResource> {
  const { row, status, steps, result, error, takes, degraded } = state;
  return {
    ...presentSummary({ ...row, status }),
    steps: steps.map((step) => ({ ...step })),
    ...(result === undefined || result === null ? {} : { result }),
    ...(error ? { error: { code: error.code, message: error.message, ...(error.details ? { details: { ...error.details } } : {}) } } : {}),
    takes,
    degraded,
    actions: actionsOf({ cancel: status === 'running' && mayCancel }) as z.input<typeof RunResource>['actions'],
    ...(temporalUi ? { temporalUi } : {}),
  };
}
