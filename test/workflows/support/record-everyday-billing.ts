import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import { type EverydayWorkflow, useEverydayBilling } from './everyday-billing.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';

/** `npm run record-history` records the ways of everyday billing that have no history. */
describe('histories of everyday billing', () => {
  const billing = useEverydayBilling();

  const completed =
    (workflow: EverydayWorkflow, prepare: () => Promise<readonly [tenantId: string, input: object]>): Way =>
    async (keep) =>
      billing.run(workflow, ...(await prepare()), async (handle) => {
        await handle.result();
        await keep(handle);
      });
  const cancelled =
    (workflow: EverydayWorkflow, prepare: () => Promise<readonly [tenantId: string, input: object]>): Way =>
    async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const run = async (handle: WorkflowHandle): Promise<void> => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await billing.run(workflow, ...(await prepare()), run, async () => void (await cancelAndHear(await begun.opened)));
    };

  const change = async () => [(await billing.makeSchool()).tenantId, { plan: 'district', quantity: 3 }] as const;
  const refund = async () => {
    const school = await billing.makeSchool();
    const { paymentId } = await school.bill(5_000);
    return [platformTenantId, { tenantId: school.tenantId, paymentId, amountMinor: 2_000, reason: 'duplicate' }] as const;
  };
  const credit = async () => {
    const school = await billing.makeSchool();
    const { invoiceId } = await school.bill(5_000);
    return [
      platformTenantId,
      { tenantId: school.tenantId, invoiceId, amountMinor: 2_000, reason: 'duplicate', settleBy: 'balance' },
    ] as const;
  };
  const ways: Readonly<Record<HistoryName, Way>> = {
    'change-subscription.2026-11.completed': completed('changeSubscription', change),
    'change-subscription.2026-11.cancelled': cancelled('changeSubscription', change),
    'refund-payment.2026-11.completed': completed('refundPayment', refund),
    'refund-payment.2026-11.cancelled': cancelled('refundPayment', refund),
    'issue-credit-note.2026-11.completed': completed('issueCreditNote', credit),
    'issue-credit-note.2026-11.cancelled': cancelled('issueCreditNote', credit),
  };
  recordMissing(ways);
}).timeout(60_000);
