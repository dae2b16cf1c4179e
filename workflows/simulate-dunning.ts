import type { DunningSimulationActivities } from '../activities/dunning-simulation.ts';
import type { SimulateDunningInput, SimulateDunningResult } from './simulate-dunning.messages.ts';
import { runProcess } from './support/process.ts';
import { longRunning } from './support/proxies.ts';

const simulation = longRunning<DunningSimulationActivities>();

/** Tries a policy on payments of the past. It changes nothing, so there is nothing to undo; an uploaded file stays for the next try. */
export function simulateDunning({ run, policy, source }: SimulateDunningInput): Promise<SimulateDunningResult> {
  return runProcess(run, ['simulate'], ({ step }) =>
    step('simulate', () => simulation.simulateDunning({ tenantId: run.tenantId, policy, source }), {
      detail: ({ invoices, proposed, present }) =>
        `${proposed.invoices.recovered} of ${invoices} recovered, ${present.invoices.recovered} by the present policy`,
    }),
  );
}
