import { createAccountActivities, type AccountDeps } from '../activities/account.ts';
import { createBillingEventActivities, type BillingEventDeps } from '../activities/billing-events.ts';
import { createBillingMirrorActivities, type BillingMirrorDeps } from '../activities/billing-mirror.ts';
import { createBillingChangeActivities } from '../activities/billing-changes.ts';
import { createBillingRecordActivities, type BillingRecordDeps } from '../activities/billing-records.ts';
import { createBillingActivities, type BillingDeps } from '../activities/billing.ts';
import { createDunningSimulationActivities, type DunningSimulationDeps } from '../activities/dunning-simulation.ts';
import { type CertificateActivityDeps, createCertificateActivities } from '../activities/certificates.ts';
import { createChargeActivities, type ChargeDeps } from '../activities/charges.ts';
import { createCollectionActivities, type CollectionDeps } from '../activities/collection.ts';
import { createDunningMailActivities, type DunningMailDeps } from '../activities/dunning-mail.ts';
import { createErasureActivities, type ErasureDeps } from '../activities/erasure.ts';
import { createRobloxDataActivities, type RobloxDataDeps } from '../activities/erasure-roblox.ts';
import { createSendgridErasureActivities } from '../activities/erasure-sendgrid.ts';
import { createStripeErasureActivities } from '../activities/erasure-stripe.ts';
import { createInvitationMailActivities, type InvitationMailDeps } from '../activities/invitation-mail.ts';
import { createInvitationActivities, type InvitationDeps } from '../activities/invitation.ts';
import { createKeyActivities, createKeyDestructionActivities, type KeyDeps, type KeyDestructionDeps } from '../activities/keys.ts';
import { createKeyringBackupActivities, type KeyringBackupActivityDeps } from '../activities/keyring-backups.ts';
import { createMoneyBackActivities } from '../activities/money-back.ts';
import { createPasswordResetMailActivities, type PasswordResetMailDeps } from '../activities/password-reset-mail.ts';
import { createPasswordResetActivities, type PasswordResetDeps } from '../activities/password-reset.ts';
import { createPrivacyRequestActivities } from '../activities/privacy-requests.ts';
import { createPrivacyExportActivities, type PrivacyExportDeps } from '../activities/privacy-exports.ts';
import { createPushActivities, type PushDeps } from '../activities/push.ts';
import { createRobloxErasureActivities, type RobloxErasureDeps } from '../activities/roblox-erasures.ts';
import { createRectificationActivities, type RectificationDeps } from '../activities/rectification.ts';
import { createRestrictionActivities, type RestrictionDeps } from '../activities/restriction.ts';
import { createRosterActivities, type RosterDeps } from '../activities/roster.ts';
import { createRunActivities, type RunDeps } from '../activities/run.ts';
import { createStorageActivities, type StorageDeps } from '../activities/storage.ts';
import { createTenantActivities, type TenantDeps } from '../activities/tenant.ts';
import { createTenantKeyRotationActivities, type TenantKeyRotationDeps } from '../activities/tenant-key-rotation.ts';
import { createUploadActivities, type UploadActivityDeps } from '../activities/uploads.ts';
import { type OnQueue, queue, type TaskQueue, taskQueues, type VendorQueue } from '../domain/task-queues.ts';

export type ActivityDeps = AccountDeps &
  BillingDeps &
  BillingEventDeps &
  BillingMirrorDeps &
  BillingRecordDeps &
  DunningSimulationDeps &
  CertificateActivityDeps &
  ChargeDeps &
  CollectionDeps &
  DunningMailDeps &
  ErasureDeps &
  InvitationDeps &
  InvitationMailDeps &
  KeyDeps &
  KeyDestructionDeps &
  KeyringBackupActivityDeps &
  PasswordResetDeps &
  PasswordResetMailDeps &
  PrivacyExportDeps &
  PushDeps &
  RobloxDataDeps &
  RobloxErasureDeps &
  RectificationDeps &
  RestrictionDeps &
  RosterDeps &
  RunDeps &
  StorageDeps &
  TenantDeps &
  TenantKeyRotationDeps &
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
    createCertificateActivities(deps),
    createChargeActivities(deps),
    createCollectionActivities(deps),
    createDunningMailActivities(deps),
    createErasureActivities(deps),
    createSendgridErasureActivities(deps),
    createStripeErasureActivities(deps),
    createInvitationActivities(deps),
    createInvitationMailActivities(deps),
    createKeyActivities(deps),
    createKeyDestructionActivities(deps),
    createKeyringBackupActivities(deps),
    createMoneyBackActivities(deps),
    createPasswordResetActivities(deps),
    createPasswordResetMailActivities(deps),
    createPrivacyRequestActivities(deps),
    createPrivacyExportActivities(deps),
    createPushActivities(deps),
    createRobloxDataActivities(deps),
    createRobloxErasureActivities(deps),
    createRectificationActivities(deps),
    createRestrictionActivities(deps),
    createRosterActivities(deps),
    createRunActivities(deps),
    createStorageActivities(deps),
    createTenantActivities(deps),
    createTenantKeyRotationActivities(deps),
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
