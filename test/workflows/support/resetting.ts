import type { WorkflowHandle } from '@temporalio/client';
import { createAccountActivities } from '../../../activities/account.ts';
import { createPasswordResetMailActivities } from '../../../activities/password-reset-mail.ts';
import { createPasswordResetActivities } from '../../../activities/password-reset.ts';
import type { RunContext, RunEnd } from '../../../domain/run.ts';
import { newId } from '../../../platform/ids.ts';
import { createMail } from '../../../platform/mail.ts';
import { runOf, sealInput, useMaking } from '../../activities/support/school-in-making.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { withWorker } from '../../support/temporal.ts';

/** Call in a `describe`: password resets on real stores, a real Temporal and SendGrid's stand-in. */
export function useResetting() {
  const making = useMaking();
  const sendgrid = useSandbox('sendgrid');
  beforeEach(() => sendgrid.control.reset());

  return {
    making,
    mails: async () => (await sendgrid.control.call<{ messages: { to: string; text: string }[] }>('GET', '/messages')).messages,
    /** Runs the process for a login to its end, and hands over the run while its worker is there. */
    run: async <T>(
      login: string,
      work: (handle: WorkflowHandle, run: RunContext, ends: readonly RunEnd[]) => Promise<T>,
      /** Called before the account is looked for. */
      atFirst: () => Promise<void> = async () => undefined,
    ): Promise<T> => {
      const { databases, keyring, vault } = making;
      const deps = { knex: databases.main, keyring, vault: vault.vault, publicUrl: 'https://toolbox.example' };
      const mail = createMail({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
      const ends: RunEnd[] = [];
      const recordRunEnd = async (end: RunEnd): Promise<void> => void ends.push(end);
      const { findAccountToReset } = createPasswordResetActivities(deps);
      const find: typeof findAccountToReset = (input) => atFirst().then(() => findAccountToReset(input));
      const activities = { ...createAccountActivities(deps), findAccountToReset: find, recordRunEnd };
      const vendors = { sendgrid: createPasswordResetMailActivities({ ...deps, mail }) };
      const context = runOf(await sealInput(making, { login }));
      const resetId = newId();
      return withWorker({ activities, vendors }, async ({ client, taskQueue }) => {
        const args = [{ resetId, run: context }];
        const handle = await client.workflow.start('resetPassword', { workflowId: `reset-password:${resetId}`, taskQueue, args });
        return work(handle, context, ends);
      });
    },
  };
}
