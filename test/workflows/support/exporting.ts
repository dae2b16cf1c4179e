import type { WorkflowHandle } from '@temporalio/client';
import { createPrivacyExportActivities, type PrivacyExportDeps } from '../../../activities/privacy-exports.ts';
import { createRunActivities } from '../../../activities/run.ts';
import type { ExportFormat, ExportRecipient } from '../../../domain/privacy/export.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext, ScheduledStart } from '../../../domain/run.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import { newId } from '../../../platform/ids.ts';
import { createExportDesk } from '../../../platform/privacy/export-desk.ts';
import { createStorage } from '../../../platform/storage.ts';
import { billingAt } from '../../support/billed-school.ts';
import { useIdentity } from '../../support/identity.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { makeSchool, type Parts, type School } from '../../support/school.ts';
import { servers } from '../../support/servers.ts';
import { createWorker } from '../../support/temporal.ts';

export interface ExportRequest {
  readonly personId: string;
  readonly recipient: ExportRecipient;
  readonly format?: readonly ExportFormat[];
  readonly expiresInDays?: number;
}
/** What the schedule of expire-exports tells each of its runs. */
export const scheduledExpiry: ScheduledStart = {
  tenantId: platformTenantId,
  startedBy: platformTenantId,
  scheduled: { process: 'expire-exports' },
};
type Around = (name: string, act: () => Promise<unknown>) => Promise<unknown>;

/** Call in a `describe`: packages of people of schools of their own, on real stores, a real Temporal and Stripe's stand-in. */
export function useExporting() {
  const engine = useIdentity();
  const stripe = useSandbox('stripe');
  const storage = createStorage(servers().s3);
  const schools: School[] = [];
  after(async () => {
    for (const { id } of schools) await storage.removeBucket(bucketOf(id));
  });
  const parts = (): Parts => ({
    main: engine.databases.main,
    keyring: engine.keyring,
    vault: engine.test.vault,
    identity: engine.identity,
  });
  const deps = (): PrivacyExportDeps => ({
    knex: engine.databases.main,
    keyring: engine.keyring,
    storage,
    billing: billingAt(stripe.url),
  });
  const activitiesOf = (given: Partial<PrivacyExportDeps>, around: Around) => {
    const hints = { moved: () => undefined, drained: async () => undefined };
    const acts: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
      ...createRunActivities({ knex: engine.databases.main, hints }),
      ...createPrivacyExportActivities({ ...deps(), ...given }),
    };
    return Object.fromEntries(Object.entries(acts).map(([name, act]) => [name, (...args: never[]) => around(name, () => act(...args))]));
  };
  const runOf = (tenantId: string): RunContext => ({ runId: newId(), tenantId, startedBy: newId(), requestId: newId() });

  async function start<T>(
    workflow: 'exportSubject' | 'expireExports',
    input: { readonly run: RunContext | ScheduledStart } & object,
    work: (handle: WorkflowHandle) => Promise<T>,
    given: Partial<PrivacyExportDeps>,
    around: Around,
  ): Promise<T> {
    const { worker, on } = await createWorker({ activities: activitiesOf(given, around) });
    const workflowId = `${workflow}:${newId()}`;
    return worker.runUntil(async () =>
      work(await on.client.workflow.start(workflow, { workflowId, taskQueue: on.taskQueue, args: [input] })),
    );
  }

  return {
    engine,
    stripe,
    storage,
    parts,
    deps,
    runOf,
    makeSchool: async (): Promise<School> => {
      const school = await makeSchool(parts(), `s-${newId().slice(-12)}`);
      schools.push(school);
      return school;
    },
    desk: () => createExportDesk({ main: engine.databases.main, keyring: engine.keyring, vault: engine.test.vault, storage }),
    /** All of a package's bytes, as they lie in the store. */
    stored: async (tenantId: string, id: string): Promise<Buffer> => {
      const size = await storage.size(bucketOf(tenantId), `exports/${id}`);
      if (size === undefined) throw new Error('There is no such package.');
      return storage.getRange(bucketOf(tenantId), `exports/${id}`, 0, size);
    },
    /** Runs export-subject, `around` each activity, and hands over the run while its worker is there. */
    run: <T>(
      run: RunContext,
      request: ExportRequest,
      work: (handle: WorkflowHandle) => Promise<T>,
      given: Partial<PrivacyExportDeps> = {},
      around: Around = (_, act) => act(),
    ): Promise<T> => {
      const input = { format: ['json', 'csv'], expiresInDays: 7, ...request, run };
      return start('exportSubject', input, work, given, around);
    },
    expire: <T>(
      run: RunContext | ScheduledStart,
      work: (handle: WorkflowHandle) => Promise<T>,
      around: Around = (_, act) => act(),
    ): Promise<T> => start('expireExports', { run }, work, {}, around),
  };
}
