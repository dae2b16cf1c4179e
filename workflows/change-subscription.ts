import type { BillingChangeActivities } from '../activities/billing-changes.ts';
import type { BillingRecordActivities } from '../activities/billing-records.ts';
import type { ChangeSubscriptionInput, ChangeSubscriptionResult } from './change-subscription.messages.ts';
import { runProcess } from './support/process.ts';
import { database, stripe } from './support/proxies.ts';

const records = database<BillingRecordActivities>();
const billing = stripe.service<BillingChangeActivities>();

/** Changes a school's subscription. There is nothing to undo: the change is one act of Stripe's, and what follows only reads. */
export function changeSubscription({ run, plan, quantity, cancel }: ChangeSubscriptionInput): Promise<ChangeSubscriptionResult> {
  const { tenantId, runId: changeId } = run;
  return runProcess(run, ['check-change', 'change-subscription', 'update-mirror'], async ({ step }) => {
    const checked = await step('check-change', () => records.checkChange({ tenantId, plan, quantity }), {
      detail: ({ quantity: seats }) => (seats === undefined ? undefined : `${seats} seats`),
    });
    await step('change-subscription', () => billing.changeSubscription({ tenantId, changeId, plan, cancel, ...checked }));
    return step('update-mirror', () => billing.keepSubscription({ tenantId, subscriptionId: checked.subscriptionId }), {
      detail: ({ status }) => `the subscription is ${status}`,
    });
  });
}
