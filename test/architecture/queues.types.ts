import type { BillingActivities } from '../../activities/billing.ts';
import type { InvitationMailActivities } from '../../activities/invitation-mail.ts';
import type { TenantActivities } from '../../activities/tenant.ts';
import type { database, longRunning, sendgrid, stripe, undoing } from '../../workflows/support/proxies.ts';

/** What a workflow cannot write: `npm run check` fails where one of these lines compiles. The last one is how it is written. */
export type Proxies = [
  // @ts-expect-error -- Stripe's activities are not on the main queue
  ReturnType<typeof database<BillingActivities>>,
  // @ts-expect-error -- not among others either
  ReturnType<typeof undoing<TenantActivities & BillingActivities>>,
  // @ts-expect-error -- nor are SendGrid's
  ReturnType<typeof longRunning<InvitationMailActivities>>,
  // @ts-expect-error -- and not on another vendor's
  ReturnType<typeof sendgrid.service<BillingActivities>>,
  // @ts-expect-error -- nor do ours take a vendor's turn
  ReturnType<typeof stripe.service<TenantActivities>>,
  ReturnType<typeof stripe.service<BillingActivities>>,
];
