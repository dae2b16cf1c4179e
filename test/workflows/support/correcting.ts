import type { Client, WorkflowHandle } from '@temporalio/client';
import { createAccountActivities } from '../../../activities/account.ts';
import { createRectificationActivities } from '../../../activities/rectification.ts';
import { createRestrictionActivities } from '../../../activities/restriction.ts';
import type { RunContext, RunEnd } from '../../../domain/run.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Person } from '../../../platform/models/person.ts';
import { SealedInput } from '../../../platform/models/sealed-input.ts';
import { openRow } from '../../../platform/pii.ts';
import { useMaking } from '../../activities/support/school-in-making.ts';
import { addPerson, makeTenant, type Parts } from '../../support/school.ts';
import { withWorker } from '../../support/temporal.ts';

type Workflow = 'rectifySubject' | 'restrictSubject';
interface Running {
  readonly handle: WorkflowHandle;
  readonly client: Client;
  readonly run: RunContext;
  readonly ends: readonly RunEnd[];
}

/** Call in a `describe`: corrections and restrictions of people of schools of their own, on real stores and a real Temporal. */
export function useCorrecting() {
  const making = useMaking();
  const parts = () => ({ main: making.databases.main, keyring: making.keyring, vault: making.vault.vault }) as unknown as Parts;

  async function seal(tenantId: string, personal: object): Promise<string> {
    const id = newId();
    await making.keyring.createSubjectKeys(tenantId, [id]);
    const sealer = await making.keyring.sealer(tenantId, [id]);
    const place = { tenantId, table: 'sealed_inputs', column: 'sealed', rowId: id };
    const row = { id, tenant_id: tenantId, sealed: sealer.seal(id, place, JSON.stringify(personal)) };
    await inTenant(making.databases.main, tenantId, async (trx) => SealedInput.query(trx).insert(row));
    return id;
  }

  return {
    making,
    /** A pupil with a name and an address, in a school of their own. */
    async pupil(): Promise<{ tenantId: string; personId: string }> {
      const tenantId = await makeTenant(parts(), `s-${newId().slice(-12)}`);
      const personId = await addPerson(parts(), tenantId, { display_name: 'Zoe', email: 'zoe@lincoln.example' }, ['student']);
      return { tenantId, personId };
    },
    /** The person's row, with what is sealed in it opened. */
    async read(tenantId: string, id: string) {
      const row = await inTenant(making.databases.main, tenantId, async (trx) => Person.query(trx).findOne({ id }).throwIfNotFound());
      const sealer = await making.keyring.sealer(tenantId, [id]);
      return { row, plain: openRow(sealer, Person.pii, { table: 'people', tenantId, subjectId: id, rowId: id }, row) };
    },
    actions: (tenantId: string): Promise<unknown> =>
      inTenant(making.databases.main, tenantId, (trx) => trx('audit_log').orderBy('seq').pluck('action')),
    inputsLeft: (tenantId: string): Promise<number> =>
      inTenant(making.databases.main, tenantId, async (trx) => SealedInput.query(trx).resultSize()),
    /** Runs a process, and hands over the run while its worker is there. `atFirst` is called before anything is done. */
    async run<T>(
      workflow: Workflow,
      { tenantId, corrections, ...input }: { tenantId: string; personId: string; corrections?: object } & Record<string, unknown>,
      work: (running: Running) => Promise<T>,
      atFirst: () => Promise<void> = async () => undefined,
    ): Promise<T> {
      const deps = { knex: making.databases.main, keyring: making.keyring };
      const [rectification, restriction] = [createRectificationActivities(deps), createRestrictionActivities(deps)];
      const ends: RunEnd[] = [];
      const activities = {
        ...createAccountActivities(deps),
        ...rectification,
        ...restriction,
        rectifyPerson: (given: Parameters<typeof rectification.rectifyPerson>[0]) =>
          atFirst().then(() => rectification.rectifyPerson(given)),
        restrictPerson: (given: Parameters<typeof restriction.restrictPerson>[0]) =>
          atFirst().then(() => restriction.restrictPerson(given)),
        recordRunEnd: async (end: RunEnd): Promise<void> => void ends.push(end),
      };
      const sealed = corrections ? { sealedInputId: await seal(tenantId, { corrections }) } : {};
      const run: RunContext = { runId: newId(), tenantId, startedBy: newId(), requestId: newId(), ...sealed };
      return withWorker({ activities }, async ({ client, taskQueue }) => {
        const workflowId = `${workflow}:${run.runId}`;
        const handle = await client.workflow.start(workflow, { workflowId, taskQueue, args: [{ ...input, run }] });
        return work({ handle, client, run, ends });
      });
    },
  };
}
