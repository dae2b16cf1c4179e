import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext } from '../../../domain/run.ts';
import { useDatabases } from '../../support/database.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { stripeSchools } from '../../support/stripe-school.ts';
import { withMirror } from './mirroring.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { runContext, untilCancelled } from './world.ts';

const startedByStaff = (): RunContext => ({ ...runContext(), tenantId: platformTenantId });

/** `npm run record-history` records the ways of mirror-billing that have no history. */
describe('histories of mirror-billing', () => {
  const databases = useDatabases();
  const sandbox = useSandbox('stripe');

  const ways: Readonly<Record<HistoryName, Way>> = {
    'mirror-billing.2026-11.scheduled': async (keep) => {
      const { billing, make } = stripeSchools(databases, sandbox);
      await (await make()).owe();
      await withMirror({ databases, billing }, async ({ start }) => {
        const handle = await start();
        await handle.result();
        await keep(handle);
      });
    },
    'mirror-billing.2026-11.completed': (keep) =>
      withMirror({ databases, billing: stripeSchools(databases, sandbox).billing }, async ({ start }) => {
        await (await start()).result();
        const handle = await start(startedByStaff());
        await handle.result();
        await keep(handle);
      }),
    'mirror-billing.2026-11.cancelled': async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const around = async (name: string): Promise<void> => {
        if (name !== 'mirrorEvents') return;
        await cancelAndHear(await begun.opened);
        await untilCancelled();
      };
      const run = async ({ start }: { start(): Promise<WorkflowHandle> }): Promise<void> => {
        const handle = await start();
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await withMirror({ databases, billing: stripeSchools(databases, sandbox).billing }, run, { around });
    },
  };
  recordMissing(ways);
}).timeout(60_000);
