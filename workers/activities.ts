import { createAccountActivities, type AccountDeps } from '../activities/account.ts';
import { createBillingEventActivities, type BillingEventDeps } from '../activities/billing-events.ts';
import { createBillingMirrorActivities, type BillingMirrorDeps } from '../activities/billing-mirror.ts';
import { createBillingChangeActivities } from '../activities/billing-changes.ts';
import { createBillingRecordActivities, type BillingRecordDeps } from '../activities/billing-records.ts';
import { createBillingActivities, type BillingDeps } from '../activities/billing.ts';
import { createDunningSimulationActivities, type DunningSimulationDeps } from '../activities/dunning-simulation.ts';
import { createChargeActivities, type ChargeDeps } from '../activities/charges.ts';
import { createCollectionActivities, type CollectionDeps } from '../activities/collection.ts';
import { createDunningMailActivities, type DunningMailDeps } from '../activities/dunning-mail.ts';
import { createInvitationMailActivities, type InvitationMailDeps } from '../activities/invitation-mail.ts';
import { createInvitationActivities, type InvitationDeps } from '../activities/invitation.ts';
import { createKeyActivities, type KeyDeps } from '../activities/keys.ts';
import { createMoneyBackActivities } from '../activities/money-back.ts';
import { createPasswordResetMailActivities, type PasswordResetMailDeps } from '../activities/password-reset-mail.ts';
import { createPasswordResetActivities, type PasswordResetDeps } from '../activities/password-reset.ts';
import { createPushActivities, type PushDeps } from '../activities/push.ts';
import { createRectificationActivities, type RectificationDeps } from '../activities/rectification.ts';
import { createRestrictionActivities, type RestrictionDeps } from '../activities/restriction.ts';
import { createRosterActivities, type RosterDeps } from '../activities/roster.ts';
import { createRunActivities, type RunDeps } from '../activities/run.ts';
import { createStorageActivities, type StorageDeps } from '../activities/storage.ts';
import { createTenantActivities, type TenantDeps } from '../activities/tenant.ts';
import { createUploadActivities, type UploadActivityDeps } from '../activities/uploads.ts';
import { type OnQueue, queue, type TaskQueue, taskQueues, type VendorQueue } from '../domain/task-queues.ts';

export type ActivityDeps = AccountDeps &
  BillingDeps &
  BillingEventDeps &
  BillingMirrorDeps &
  BillingRecordDeps &
  DunningSimulationDeps &
  ChargeDeps &
  CollectionDeps &
  DunningMailDeps &
  InvitationDeps &
  InvitationMailDeps &
  KeyDeps &
  PasswordResetDeps &
  PasswordResetMailDeps &
  PushDeps &
  RectificationDeps &
  RestrictionDeps &
  RosterDeps &
  RunDeps &
  StorageDeps &
  TenantDeps &
  UploadActivityDeps;

export type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;
/** Each queue's own. A vendor's is empty until an activity talks to it. */
export type ActivitiesByQueue = Readonly<Record<TaskQueue, Activities>>;

/** All that workflows may ask for, one factory a resource, on the queue that each factory declares. */
export const createActivities = (deps: ActivityDeps): ActivitiesByQueue =>
  byQueue([
    createAccountActivities(deps),
    createBillingActivities(deps),
    createBillingEventActivities(deps),
    createBillingMirrorActivities(deps),
    createBillingChangeActivities(deps),
    createBillingRecordActivities(deps),
    createDunningSimulationActivities(deps),
    createChargeActivities(deps),
    createCollectionActivities(deps),
    createDunningMailActivities(deps),
    createInvitationActivities(deps),
    createInvitationMailActivities(deps),
    createKeyActivities(deps),
    createMoneyBackActivities(deps),
    createPasswordResetActivities(deps),
    createPasswordResetMailActivities(deps),
    createPushActivities(deps),
    createRectificationActivities(deps),
    createRestrictionActivities(deps),
    createRosterActivities(deps),
    createRunActivities(deps),
    createStorageActivities(deps),
    createTenantActivities(deps),
    createUploadActivities(deps),
  ]);

/** Names are unique in the platform, whatever their queues: a second one would hide the first. */
export function byQueue(groups: readonly (Activities & Partial<OnQueue<VendorQueue>>)[]): ActivitiesByQueue {
  const names = new Set<string>();
  const all: Record<TaskQueue, Record<string, Activities[string]>> = { main: {}, stripe: {}, sendgrid: {}, roblox: {} };
  for (const group of groups)
    for (const [name, act] of Object.entries(group)) {
      if (names.has(name)) throw new Error(`There are two activities named '${name}'.`);
      names.add(name);
      all[group[queue] ?? taskQueues.main][name] = act;
    }
  return all;
}
