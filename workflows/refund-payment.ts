import type { BillingChangeActivities } from '../activities/billing-changes.ts';
import type { BillingRecordActivities } from '../activities/billing-records.ts';
import type { MoneyBackActivities } from '../activities/money-back.ts';
import type { RefundPaymentInput, RefundPaymentResult } from './refund-payment.messages.ts';
import { runProcess } from './support/process.ts';
import { database, stripe } from './support/proxies.ts';

const records = database<BillingRecordActivities>();
const billing = stripe.service<BillingChangeActivities & MoneyBackActivities>();

/** Gives back a payment, once a run: its refund is known by the run's id. Money that is on its way back is not taken again, so nothing is undone. */
export function refundPayment({ run, tenantId, paymentId, amountMinor, reason }: RefundPaymentInput): Promise<RefundPaymentResult> {
  return runProcess(run, ['check-payment', 'refund', 'update-mirror'], async ({ step }) => {
    const { chargeId, invoiceId, amount } = await step('check-payment', async () => {
      const payment = await records.findPayment({ tenantId, paymentId });
      return { ...payment, amount: await billing.checkRefund({ chargeId: payment.chargeId, amountMinor }) };
    });
    const request = { tenantId, refundId: run.runId, chargeId, amountMinor: amount, reason };
    const { id, ...refunded } = await step('refund', () => billing.refund(request), {
      detail: ({ status }) => `the refund is ${status}`,
    });
    await step('update-mirror', async () => {
      await billing.keepInvoice({ tenantId, invoiceId });
      await records.noteMoneyBack({ tenantId, action: 'payment.refund', objectId: paymentId, run });
    });
    return { refundId: id, ...refunded };
  });
}
