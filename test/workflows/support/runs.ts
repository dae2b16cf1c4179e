import assert from 'node:assert/strict';
import { ActivityFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import type { Progress } from '../../../domain/run.ts';
import { inTenant } from '../../../platform/database.ts';
import { Run } from '../../../platform/models/run.ts';
import { until } from '../../support/until.ts';
import type { Onboarding } from './onboarding.ts';

/** The activity that does the work of each step. */
export const activityOf = {
  'check-request': 'checkRoster',
  'reserve-slug': 'reserveSlug',
  'create-key': 'createTenantKeys',
  'create-storage': 'createBucket',
  'open-billing': 'openBilling',
  'start-subscription': 'startSubscription',
  'import-roster': 'importRoster',
  'create-admin': 'createAdmin',
  'send-invitations': 'sendInvitations',
  'activate-tenant': 'activateTenant',
  announce: 'announceTenant',
  'discard-input': 'discardInput',
} as const;
export type StepName = keyof typeof activityOf;
export const stepNames = Object.keys(activityOf) as StepName[];

export const runRow = ({ databases }: Pick<Onboarding, 'databases'>, id: string): Promise<Run> =>
  inTenant(databases.main, platformTenantId, async (trx) => Run.query(trx).findOne({ tenant_id: platformTenantId, id }).throwIfNotFound());

/** Step -> state. */
export const stepsOf = async (handle: WorkflowHandle): Promise<Record<string, string>> =>
  Object.fromEntries((await handle.query<Progress>('progress')).steps.map(({ name, state }) => [name, state]));

/** Cancels a run and waits until its workflow has heard of it. Resolves to the activities it asked for at once: those run beside what still goes on. */
export async function cancelAndHear(handle: WorkflowHandle): Promise<string[]> {
  await handle.cancel();
  const since = await until(async () => {
    const { events } = await handle.fetchHistory();
    const asked = events?.findIndex(({ workflowExecutionCancelRequestedEventAttributes: found }) => found) ?? -1;
    const later = events?.slice(asked) ?? [];
    return later.some(({ workflowTaskCompletedEventAttributes: found }) => found) ? later : undefined;
  });
  return since.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? []);
}

/** What ended a run: the failure itself, without Temporal's wrappings. */
export async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  const failure: unknown = await handle.result().then(
    () => assert.fail('The run was to fail.'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof WorkflowFailedError);
  return failure.cause instanceof ActivityFailure ? failure.cause.cause : failure.cause;
}
