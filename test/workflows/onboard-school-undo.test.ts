import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure } from '@temporalio/client';
import { createInvitationDesk } from '../../platform/identity/accept-invitation.ts';
import { createAccounts } from '../../platform/identity/accounts.ts';
import { readInvitationToken } from '../../platform/identity/invitation-token.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { type OnboardingInput, useOnboarding } from './support/onboarding.ts';
import { activityOf, cancelAndHear, failureOf, runRow, stepNames, stepsOf } from './support/runs.ts';
import { rosterFiles, zipOf } from './support/small-roster.ts';
import { storesOf } from './support/stores.ts';

describe('onboardSchool, interrupted', () => {
  const onboarding = useOnboarding();

  for (const moment of ['before', 'after'] as const)
    for (const step of stepNames)
      it(`leaves nothing behind when it is cancelled in ${step}, just ${moment} its effect`, async () => {
        const before = await storesOf(onboarding, newId());
        const started = onboarding.start({ rosterUploadId: await onboarding.upload(await zipOf(rosterFiles)) });
        let overtaking = ['nobody was cancelled'];
        onboarding.around = async (name, act) => {
          if (name !== activityOf[step]) return act();
          const result = moment === 'after' ? await act() : undefined;
          overtaking = await cancelAndHear((await started).handle);
          return moment === 'after' ? result : act();
        };
        const { handle, tenantId } = await started;
        assert.ok((await failureOf(handle)) instanceof CancelledFailure);
        assert.deepEqual(overtaking, [], 'Nothing may begin while the step is still acting.');
        assert.deepEqual(await storesOf(onboarding, tenantId), before);
        assert.equal((await runRow(onboarding, tenantId)).status, 'cancelled');
        const states = await stepsOf(handle);
        const begun = stepNames.slice(0, stepNames.indexOf(step));
        const undoable = begun.filter((name) => name !== 'check-request' && name !== 'announce');
        assert.deepEqual([...new Set(undoable.map((name) => states[name]))], undoable.length > 0 ? ['undone'] : []);
        assert.ok(!Object.values(states).some((state) => state === 'running' || state === 'pending'));
      });

  it('cannot unsend a mail, but its link opens nothing any more', async () => {
    await onboarding.pusher.control.addFault({ kind: 'status', status: 403, method: 'POST', path: '*' });
    await onboarding.sendgrid.control.reset();
    const { handle } = await onboarding.start();
    await failureOf(handle);
    const { messages } = await onboarding.sendgrid.control.call<{ messages: { text: string }[] }>('GET', '/messages');
    const [, token = ''] = /#token=([\w-]+)/.exec(messages[0]?.text ?? '') ?? [];
    const { databases, vault } = onboarding;
    const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    const accounts = createAccounts({ main: databases.main, keyring });
    const desk = createInvitationDesk({ main: databases.main, keyring, vault: vault.vault, accounts, clock: () => new Date() });
    assert.equal((await readInvitationToken(vault.vault, token)).tenantId, handle.workflowId.slice(-36));
    await assert.rejects(desk.acceptInvitation({ token, password: 'correct horse battery staple' }), { code: 'invitation-invalid' });
  });

  const refusals = {
    'open-billing': ['stripe', '/v1/customers'],
    'start-subscription': ['stripe', '/v1/subscriptions'],
    'send-invitations': ['sendgrid', '/v3/mail/send'],
    announce: ['pusher', '*'],
  } as const;
  for (const [step, [vendor, path]] of Object.entries(refusals))
    it(`undoes everything when ${vendor} refuses in ${step}`, async () => {
      const before = await storesOf(onboarding, newId());
      await onboarding[vendor].control.addFault({ kind: 'status', status: 403, method: 'POST', path });
      const { handle, tenantId } = await onboarding.start();
      const failure = await failureOf(handle);
      assert.ok(failure instanceof ApplicationFailure && failure.type === 'vendor-refused');
      assert.deepEqual(await storesOf(onboarding, tenantId), before);
      const { status, error } = await runRow(onboarding, tenantId);
      assert.deepEqual(
        [status, (error as { code?: string } | null)?.code, (await stepsOf(handle))[step]],
        ['failed', 'vendor-refused', 'failed'],
      );
    });

  it('keeps undoing until a vendor that is away comes back', async () => {
    const before = await storesOf(onboarding, newId());
    await onboarding.pusher.control.addFault({ kind: 'status', status: 403, method: 'POST', path: '*' });
    await onboarding.stripe.control.addFault({ kind: 'status', status: 503, method: 'DELETE', path: '/v1/customers/*', times: 3 });
    const { handle, tenantId } = await onboarding.start();
    await failureOf(handle);
    assert.deepEqual(await storesOf(onboarding, tenantId), before);
  });

  const bomb = (): Buffer => Buffer.alloc(64 * 1024 * 1024, 'a,');
  const { 'users.csv': users, ...withoutUsers } = rosterFiles;
  const refused: Readonly<Record<string, { code: string; input: () => Promise<OnboardingInput> }>> = {
    'a taken slug': { code: 'tenant-exists', input: async () => ({ slug: 'taken' }) },
    'an unknown plan': { code: 'unknown-plan', input: async () => ({ plan: 'gold' }) },
    'an upload that is not there': { code: 'upload-missing', input: async () => ({ rosterUploadId: newId() }) },
    'a zip that is none': {
      code: 'bad-archive',
      input: async () => ({ rosterUploadId: await onboarding.upload(Buffer.from('PK\u0003\u0004 and no more')) }),
    },
    'a zip bomb': {
      code: 'archive-too-large',
      input: async () => ({ rosterUploadId: await onboarding.upload(await zipOf({ ...rosterFiles, 'users.csv': bomb() })) }),
    },
    'another encoding': {
      code: 'wrong-encoding',
      input: async () => ({
        rosterUploadId: await onboarding.upload(
          await zipOf({ ...rosterFiles, 'users.csv': Buffer.from(users.replace('Grace', 'Graç'), 'latin1') }),
        ),
      }),
    },
    'missing columns': {
      code: 'missing-columns',
      input: async () => ({
        rosterUploadId: await onboarding.upload(await zipOf({ ...rosterFiles, 'users.csv': users.replace('familyName', 'surname') })),
      }),
    },
    'files of no known format': {
      code: 'unknown-roster-format',
      input: async () => ({ rosterUploadId: await onboarding.upload(await zipOf({ 'notes.csv': 'a,b\n1,2\n' })) }),
    },
    'a file that is missing': {
      code: 'missing-columns',
      input: async () => ({ rosterUploadId: await onboarding.upload(await zipOf(withoutUsers)) }),
    },
  };
  before(async () => {
    await (await onboarding.start({ slug: 'taken' })).handle.result();
  });
  for (const [what, { code, input }] of Object.entries(refused))
    it(`refuses ${what} before anything is made`, async () => {
      const before = await storesOf(onboarding, newId());
      const acts: string[] = [];
      onboarding.around = async (name, act) => {
        acts.push(name);
        return act();
      };
      const { handle, tenantId } = await onboarding.start(await input());
      const failure = await failureOf(handle);
      assert.ok(failure instanceof ApplicationFailure && failure.type === code, String(failure));
      assert.deepEqual(
        acts.filter((name) => !['checkSchool', 'checkRoster', 'discardInput', 'deleteUpload', 'recordRunEnd'].includes(name)),
        [],
      );
      assert.deepEqual(await storesOf(onboarding, tenantId), before);
      const { status, error } = await runRow(onboarding, tenantId);
      assert.deepEqual([status, (error as { code?: string } | null)?.code], ['failed', code]);
    });
}).timeout(60_000);
