import type { BillingChangeActivities } from '../activities/billing-changes.ts';
import type { BillingRecordActivities } from '../activities/billing-records.ts';
import type { MoneyBackActivities } from '../activities/money-back.ts';
import type { IssueCreditNoteInput, IssueCreditNoteResult } from './issue-credit-note.messages.ts';
import { runProcess } from './support/process.ts';
import { database, stripe } from './support/proxies.ts';

const records = database<BillingRecordActivities>();
const billing = stripe.service<BillingChangeActivities & MoneyBackActivities>();

/** Credits a bill, once a run: its credit note is known by the run's id. A credit note is a document: it is not undone, it is voided by people. */
export function issueCreditNote(input: IssueCreditNoteInput): Promise<IssueCreditNoteResult> {
  const { run, tenantId, amountMinor, reason, settleBy } = input;
  return runProcess(run, ['check-bill', 'issue-credit-note', 'update-mirror'], async ({ step }) => {
    const { invoiceId, status } = await step('check-bill', async () => {
      const invoice = await records.findInvoice({ tenantId, invoiceId: input.invoiceId });
      return { ...invoice, status: await billing.checkCreditNote({ ...invoice, amountMinor }) };
    });
    const request = { tenantId, creditNoteId: run.runId, invoiceId, amountMinor, reason };
    const settling = status === 'paid' ? { settleBy } : {};
    const { id, ...issued } = await step('issue-credit-note', () => billing.issueCreditNote({ ...request, ...settling }));
    await step('update-mirror', async () => {
      await billing.keepInvoice({ tenantId, invoiceId });
      await records.noteMoneyBack({ tenantId, action: 'invoice.credit', objectId: input.invoiceId, run });
    });
    return { creditNoteId: id, ...issued };
  });
}
