import { CancellationScope } from '@temporalio/workflow';
import type { AccountActivities } from '../activities/account.ts';
import type { BillingActivities } from '../activities/billing.ts';
import type { InvitationMailActivities } from '../activities/invitation-mail.ts';
import type { InvitationActivities } from '../activities/invitation.ts';
import type { KeyActivities } from '../activities/keys.ts';
import type { PushActivities } from '../activities/push.ts';
import type { RosterActivities } from '../activities/roster.ts';
import type { StorageActivities } from '../activities/storage.ts';
import type { TenantActivities } from '../activities/tenant.ts';
import { noCounts, type RosterImported } from '../domain/roster/counts.ts';
import type { OnboardSchoolInput, OnboardSchoolResult } from './onboard-school.messages.ts';
import { runProcess, type Steps } from './support/process.ts';
import { database, longRunning, sendgrid, service, stripe, undoing } from './support/proxies.ts';
import { uuid7 } from './support/uuid7.ts';

const stores = database<TenantActivities & AccountActivities>();
const services = service<KeyActivities & StorageActivities & PushActivities & RosterActivities>();
const billing = stripe.service<BillingActivities>();
const mails = sendgrid.longRunning<InvitationMailActivities>();
const long = longRunning<RosterActivities & InvitationActivities>();
const undo = undoing<TenantActivities & KeyActivities & StorageActivities & AccountActivities & InvitationActivities>();
const undoBilling = stripe.undoing<BillingActivities>();

const steps = [
  'check-request',
  'reserve-slug',
  'create-key',
  'create-storage',
  'open-billing',
  'start-subscription',
  'import-roster',
  'create-admin',
  'send-invitations',
  'activate-tenant',
  'announce',
  'discard-input',
] as const;

/** Makes a school from nothing, or nothing at all: whatever stops it, every step that began is undone. Its run's id is the tenant's. */
export async function onboardSchool(input: OnboardSchoolInput): Promise<OnboardSchoolResult> {
  return runProcess(input.run, steps, async (process) => {
    const result = await onboardAndDiscard(input, process);
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) await scope.cancelRequested; // asked for during the last step: still in time
    return result;
  });
}

async function onboardAndDiscard(input: OnboardSchoolInput, process: Steps): Promise<OnboardSchoolResult> {
  try {
    return await onboard(input, process);
  } finally {
    // Whatever became of the school: personal input is kept for one run, no longer.
    await CancellationScope.nonCancellable(() => discardInput(input, process));
  }
}

async function onboard(input: OnboardSchoolInput, { step, skip, detail }: Steps): Promise<OnboardSchoolResult> {
  const { slug, name, plan, run } = input;
  const tenantId = run.runId;
  const admin = { tenantId, personId: uuid7(), invitationId: uuid7() };

  await step('check-request', () => checkRequest(input));
  await step('reserve-slug', () => stores.reserveSlug({ ...input, tenantId }), { undo: () => undo.releaseSlug({ tenantId, run }) });
  await step('create-key', () => services.createTenantKeys({ tenantId }), { undo: () => undo.destroyTenantKeys({ tenantId }) });
  await step('create-storage', () => services.createBucket({ tenantId }), { undo: () => undo.removeBucket({ tenantId }) });
  const { customerId } = await step('open-billing', () => billing.openBilling({ tenantId, name }), {
    undo: () => undoBilling.closeBilling({ tenantId }),
  });
  const subscribe = async () => billing.startSubscription({ tenantId, customerId, plan, ...(await billing.ensurePrice({ plan })) });
  const subscription = await step('start-subscription', subscribe, {
    undo: () => undoBilling.cancelSubscription({ tenantId }),
    detail: ({ trialEndsAt }) => (trialEndsAt ? `trial until ${trialEndsAt.slice(0, 10)}` : undefined),
  });
  const roster = await importRoster(input, { step, skip });
  await step('create-admin', () => stores.createAdmin({ ...admin, run }), { undo: () => undo.removeAdmin(admin) });
  const invited = await step(
    'send-invitations',
    () => sendInvitations(input, admin.invitationId, (words) => detail('send-invitations', words)),
    {
      undo: () => undo.revokeInvitations({ tenantId }),
      detail: mailsSent,
    },
  );
  await step('activate-tenant', () => stores.activateTenant({ tenantId, run }), { undo: () => undo.deactivateTenant({ tenantId, run }) });
  await step('announce', () => services.announceTenant({ tenantId, slug, at: new Date().toISOString() }));

  return {
    tenantId,
    slug,
    ...countsOf(roster),
    invoice: subscription.invoice,
    mailsSent: invited.sent,
    mailsUndeliverable: invited.undeliverable,
    trialEndsAt: subscription.trialEndsAt,
  };
}

/** Every refusal comes from here, before anything is made. */
async function checkRequest({ slug, plan, rosterUploadId: uploadId, run }: OnboardSchoolInput): Promise<void> {
  await stores.checkSchool({ slug, plan });
  if (uploadId) await long.checkRoster({ tenantId: run.tenantId, uploadId });
}

async function importRoster(
  { rosterUploadId: uploadId, run }: OnboardSchoolInput,
  { step, skip }: Pick<Steps, 'step' | 'skip'>,
): Promise<RosterImported | undefined> {
  if (!uploadId) {
    skip('import-roster', 'no roster was given');
    return undefined;
  }
  const tenantId = run.runId;
  return step('import-roster', () => long.importRoster({ tenantId, uploadTenantId: run.tenantId, uploadId, runId: run.runId }), {
    undo: () => long.removeImported({ tenantId, runId: run.runId }),
    detail: ({ people, badRows }) => `${people.created} people${badRows > 0 ? `, ${badRows} bad rows` : ''}`,
  });
}

interface Mailed {
  readonly sent: number;
  readonly undeliverable: number;
}
const mailsSent = ({ sent, undeliverable }: Mailed): string =>
  `${sent} ${sent === 1 ? 'mail' : 'mails'} sent${undeliverable > 0 ? `, ${undeliverable} addresses refused` : ''}`;

/** Page by page: other schools' mails have their turn in between. */
async function sendInvitations(
  { inviteStaff, run }: OnboardSchoolInput,
  adminInvitationId: string,
  tell: (words: string) => void,
): Promise<Mailed> {
  if (inviteStaff) await long.inviteStaff({ tenantId: run.runId, runId: run.runId });
  for (;;) {
    const page = await mails.sendInvitations({ tenantId: run.runId, adminInvitationId });
    if (!page.more) return page;
    tell(mailsSent(page));
  }
}

async function discardInput({ rosterUploadId: uploadId, run }: OnboardSchoolInput, { step }: Steps): Promise<void> {
  const { tenantId, sealedInputId } = run;
  await step('discard-input', async () => {
    if (sealedInputId) await stores.discardInput({ tenantId, sealedInputId });
    if (uploadId) await services.deleteUpload({ tenantId, uploadId });
  });
}

/** What the roster brought; nothing without one. */
function countsOf(roster: RosterImported | undefined): Pick<OnboardSchoolResult, 'counts' | 'roster'> {
  const { people, classes, enrollments, badRows } = roster ?? noCounts;
  const counts = { users: people.created, classes: classes.created, enrollments: enrollments.created, badRows };
  return roster ? { counts, roster } : { counts };
}
