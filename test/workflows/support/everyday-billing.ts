import type { WorkflowHandle } from '@temporalio/client';
import { createBillingChangeActivities } from '../../../activities/billing-changes.ts';
import { createBillingRecordActivities } from '../../../activities/billing-records.ts';
import { createMoneyBackActivities } from '../../../activities/money-back.ts';
import type { RunContext, RunEnd } from '../../../domain/run.ts';
import { newId } from '../../../platform/ids.ts';
import { type BilledSchool, billingAt, billSchool } from '../../support/billed-school.ts';
import { useDatabases } from '../../support/database.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { makeTenant } from '../../support/school.ts';
import { withWorker } from '../../support/temporal.ts';
import { useVault } from '../../support/vault.ts';

export type EverydayWorkflow = 'changeSubscription' | 'refundPayment' | 'issueCreditNote';

/** Call in a `describe`: everyday billing of schools of their own, on real stores, a real Temporal and Stripe's stand-in. */
export function useEverydayBilling() {
  const databases = useDatabases();
  const vault = useVault();
  const stripe = useSandbox('stripe');
  beforeEach(() => stripe.control.reset());

  return {
    databases,
    stripe,
    makeSchool: async (): Promise<BilledSchool> => {
      const tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, `s-${newId().slice(-12)}`);
      return billSchool(databases.main, stripe.url, tenantId);
    },
    /** Runs a process, in the name of a tenant, and hands over the run while its worker is there. */
    run: async <T>(
      workflow: EverydayWorkflow,
      tenantId: string,
      input: object,
      work: (handle: WorkflowHandle, ends: readonly RunEnd[], run: RunContext) => Promise<T>,
      /** Called before anything is read. */
      atFirst: () => Promise<void> = async () => undefined,
    ): Promise<T> => {
      const ends: RunEnd[] = [];
      const deps = { knex: databases.main, billing: billingAt(stripe.url) };
      const records = createBillingRecordActivities(deps);
      const activities = {
        checkChange: (given: Parameters<typeof records.checkChange>[0]) => atFirst().then(() => records.checkChange(given)),
        findPayment: (given: Parameters<typeof records.findPayment>[0]) => atFirst().then(() => records.findPayment(given)),
        findInvoice: (given: Parameters<typeof records.findInvoice>[0]) => atFirst().then(() => records.findInvoice(given)),
        noteMoneyBack: records.noteMoneyBack,
        recordRunEnd: async (end: RunEnd): Promise<void> => void ends.push(end),
      };
      const vendors = { stripe: { ...createBillingChangeActivities(deps), ...createMoneyBackActivities(deps) } };
      const run: RunContext = { runId: newId(), tenantId, startedBy: newId(), requestId: newId() };
      return withWorker({ activities, vendors }, async ({ client, taskQueue }) => {
        const args = [{ ...input, run }];
        return work(await client.workflow.start(workflow, { workflowId: `${workflow}:${run.runId}`, taskQueue, args }), ends, run);
      });
    },
  };
}
