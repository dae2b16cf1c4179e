import { createAccountActivities, type AccountDeps } from '../activities/account.ts';
import { createBillingActivities, type BillingDeps } from '../activities/billing.ts';
import { createInvitationActivities, type InvitationDeps } from '../activities/invitation.ts';
import { createKeyActivities, type KeyDeps } from '../activities/keys.ts';
import { createPasswordResetActivities, type PasswordResetDeps } from '../activities/password-reset.ts';
import { createPushActivities, type PushDeps } from '../activities/push.ts';
import { createRosterActivities, type RosterDeps } from '../activities/roster.ts';
import { createRunActivities, type RunDeps } from '../activities/run.ts';
import { createStorageActivities, type StorageDeps } from '../activities/storage.ts';
import { createTenantActivities, type TenantDeps } from '../activities/tenant.ts';
import { createUploadActivities, type UploadActivityDeps } from '../activities/uploads.ts';

export type ActivityDeps = AccountDeps &
  BillingDeps &
  InvitationDeps &
  KeyDeps &
  PasswordResetDeps &
  PushDeps &
  RosterDeps &
  RunDeps &
  StorageDeps &
  TenantDeps &
  UploadActivityDeps;

/** All that workflows may ask for, one factory a resource. Names are unique in the platform: a second one would hide the first. */
export function createActivities(deps: ActivityDeps): Readonly<Record<string, (...args: never[]) => Promise<unknown>>> {
  return uniquely([
    createAccountActivities(deps),
    createBillingActivities(deps),
    createInvitationActivities(deps),
    createKeyActivities(deps),
    createPasswordResetActivities(deps),
    createPushActivities(deps),
    createRosterActivities(deps),
    createRunActivities(deps),
    createStorageActivities(deps),
    createTenantActivities(deps),
    createUploadActivities(deps),
  ]);
}

function uniquely(groups: readonly Readonly<Record<string, (...args: never[]) => Promise<unknown>>>[]) {
  const all: Record<string, (...args: never[]) => Promise<unknown>> = {};
  for (const [name, act] of groups.flatMap((group) => Object.entries(group))) {
    if (all[name]) throw new Error(`There are two activities named '${name}'.`);
    all[name] = act;
  }
  return all;
}
