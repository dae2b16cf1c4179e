import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createInvitationMailActivities } from '../../activities/invitation-mail.ts';
import { createInvitationActivities } from '../../activities/invitation.ts';
import { inTenant } from '../../platform/database.ts';
import { createMail } from '../../platform/mail.ts';
import { Invitation } from '../../platform/models/invitation.ts';
import { readInvitationToken } from '../../platform/identity/invitation-token.ts';
import { newId } from '../../platform/ids.ts';
import { Person } from '../../platform/models/person.ts';
import { sealRow } from '../../platform/pii.ts';
import { useSandbox } from '../support/sandbox.ts';
import { admin, makeUpToAdmin, useMaking, type Made } from './support/school-in-making.ts';

interface Message {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly customArgs: Readonly<Record<string, string>>;
  readonly categories: readonly string[];
}

describe('activities/invitation', () => {
  const making = useMaking();
  const sendgrid = useSandbox('sendgrid');
  const lagging = useSandbox('sendgrid', { activityLagSeconds: 1 });
  const mailConfig = () => ({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'ToolboxAI <hello@toolbox.example>', activityLagSeconds: 0 });
  const deps = () => ({
    knex: making.databases.main,
    keyring: making.keyring,
    vault: making.vault.vault,
    mail: createMail(mailConfig()),
    publicUrl: 'https://toolbox.example',
  });
  let activities: ReturnType<typeof createInvitationActivities>;
  let mails: ReturnType<typeof createInvitationMailActivities>;

  before(() => {
    activities = createInvitationActivities(deps());
    mails = createInvitationMailActivities(deps());
  });
  beforeEach(() => sendgrid.control.reset());

  const outbox = async (): Promise<readonly Message[]> =>
    (await sendgrid.control.call<{ messages: Message[] }>('GET', '/messages')).messages;
  const attempt = (): MockActivityEnvironment => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const run = <A, R>(act: (input: A) => Promise<R>, input: A): Promise<R> => attempt().run<[A], R, (input: A) => Promise<R>>(act, input);
  const sendPage = ({ tenantId, invitationId }: Made) => run(mails.sendInvitations, { tenantId, adminInvitationId: invitationId });
  /** All pages, as the workflow asks for them. */
  async function send(school: Made): Promise<{ sent: number; undeliverable: number; pages: number }> {
    for (let pages = 1; ; pages += 1) {
      const { more, sent, undeliverable } = await sendPage(school);
      if (!more) return { sent, undeliverable, pages };
    }
  }
  const invite = ({ tenantId, run: { runId } }: Made) => run(activities.inviteStaff, { tenantId, runId });
  const invitationsOf = ({ tenantId }: Made) =>
    inTenant(making.databases.main, tenantId, async (trx) => Invitation.query(trx).orderBy('id'));

  async function addPeople({ tenantId }: Made, people: readonly { email?: string; roles: string[]; name?: string }[]): Promise<void> {
    const ids = people.map(() => newId());
    await making.keyring.createSubjectKeys(tenantId, ids);
    const sealer = await making.keyring.sealer(tenantId, ids);
    const rows = people.map(({ email, roles, name }, index) => {
      const id = ids[index] ?? '';
      const sealed = sealRow(
        sealer,
        Person.pii,
        { table: 'people', tenantId, subjectId: id, rowId: id },
        { display_name: name ?? `Person ${index}`, email },
      );
      return { id, tenant_id: tenantId, source: 'roster', roles, ...sealed };
    });
    await inTenant(making.databases.main, tenantId, async (trx) => Person.query(trx).insert(rows));
  }
  const teachers = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ email: `teacher${index}@lincoln.example`, roles: ['teacher'] }));

  it('writes to the first administrator in plain text and HTML, with a link that opens their invitation', async () => {
    const school = await makeUpToAdmin(making);
    assert.deepEqual(await send(school), { sent: 1, undeliverable: 0, pages: 1 });
    const [mail] = await outbox();
    assert.equal(mail?.to, admin.adminEmail);
    assert.match(
      mail?.text ?? '',
      /Hello Ada Lovelace,\n\nLincoln <High> & "Co" has set up ToolboxAI and invites you to join as an administrator\./,
    );
    assert.match(mail?.html ?? '', /Lincoln &lt;High&gt; &amp; &quot;Co&quot; has set up/);
    const [, token = ''] = /https:\/\/toolbox\.example\/invitations\/accept#token=([\w-]+)/.exec(mail?.text ?? '') ?? [];
    assert.deepEqual(await readInvitationToken(making.vault.vault, token), {
      tenantId: school.tenantId,
      invitationId: school.invitationId,
    });
    assert.ok(mail?.html.includes(`href="https://toolbox.example/invitations/accept#token=${token}"`));
    assert.deepEqual([mail?.customArgs, mail?.categories], [{ dedup_key: school.invitationId }, ['invitation']]);
  });

  it('invites the staff that have an address, once each, and nobody else', async () => {
    const school = await makeUpToAdmin(making);
    await addPeople(school, [
      ...teachers(2),
      { roles: ['teacher'] },
      { email: 'kid@lincoln.example', roles: ['student'] },
      { email: 'mum@x.example', roles: ['guardian'] },
    ]);
    await invite(school);
    await invite(school);
    assert.deepEqual(await send(school), { sent: 3, undeliverable: 0, pages: 1 });
    assert.deepEqual(await send(school), { sent: 3, undeliverable: 0, pages: 1 });
    const readers = (await outbox()).map(({ to }) => to).sort();
    assert.deepEqual(readers, [admin.adminEmail, 'teacher0@lincoln.example', 'teacher1@lincoln.example']);
  });

  it('asks before it sends again when an answer was lost', async () => {
    const school = await makeUpToAdmin(making);
    await addPeople(school, teachers(40));
    await invite(school);
    await sendgrid.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v3/mail/send', skip: 20, times: 3 });
    await assert.rejects(send(school), { code: 'vendor-unavailable' });
    assert.deepEqual(await send(school), { sent: 41, undeliverable: 0, pages: 1 });
    assert.equal((await outbox()).length, 41);
  });

  it('believes a "no" only when SendGrid has had time to know', async () => {
    const school = await makeUpToAdmin(making);
    const slow = createInvitationMailActivities({
      ...deps(),
      mail: createMail({ ...mailConfig(), apiBase: lagging.url, activityLagSeconds: 1 }),
    });
    const input = { tenantId: school.tenantId, adminInvitationId: school.invitationId };
    await lagging.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v3/mail/send' });
    await assert.rejects(run(slow.sendInvitations, input), { code: 'vendor-unavailable' });
    assert.deepEqual(await run(slow.sendInvitations, input), { more: false, sent: 1, undeliverable: 0 });
    assert.equal((await lagging.control.ledger()).length, 1);
  });

  it('sends what never arrived', async () => {
    const school = await makeUpToAdmin(making);
    await addPeople(school, teachers(5));
    await invite(school);
    await sendgrid.control.addFault({ kind: 'reset-before', method: 'POST', path: '/v3/mail/send', times: 2 });
    await assert.rejects(send(school), { code: 'vendor-unavailable' });
    assert.deepEqual(await send(school), { sent: 6, undeliverable: 0, pages: 1 });
    assert.equal(new Set((await outbox()).map(({ to }) => to)).size, 6);
    assert.equal((await outbox()).length, 6);
  });

  it('goes on past an address that SendGrid does not take', async () => {
    const school = await makeUpToAdmin(making);
    await addPeople(school, [{ email: 'no address', roles: ['teacher'] }, ...teachers(2)]);
    await invite(school);
    assert.deepEqual(await send(school), { sent: 3, undeliverable: 1, pages: 1 });
  });

  it("fails when the address SendGrid does not take is the administrator's", async () => {
    const school = await makeUpToAdmin(making, { ...admin, adminEmail: 'no address' });
    await assert.rejects(send(school), { code: 'admin-unreachable' });
  });

  it('stops for good when SendGrid refuses the sender', async () => {
    const school = await makeUpToAdmin(making);
    await sendgrid.control.addFault({ kind: 'status', status: 403, method: 'POST', path: '/v3/mail/send' });
    await assert.rejects(send(school), { code: 'vendor-refused' });
  });

  it('sends nothing of an invitation that was revoked', async () => {
    const school = await makeUpToAdmin(making);
    await activities.revokeInvitations(school);
    await activities.revokeInvitations(school);
    assert.deepEqual(await send(school), { sent: 0, undeliverable: 0, pages: 1 });
    assert.deepEqual(
      (await invitationsOf(school)).map(({ status }) => status),
      ['revoked'],
    );
  });

  it('stops when the run is cancelled, and not as if all were sent', async () => {
    const school = await makeUpToAdmin(making);
    await addPeople(school, teachers(150));
    await invite(school);
    const environment = attempt();
    environment.on('heartbeat', () => environment.cancel());
    await assert.rejects(environment.run(mails.sendInvitations, { tenantId: school.tenantId, adminInvitationId: school.invitationId }), {
      name: 'CancelledFailure',
    });
    assert.ok((await outbox()).length <= 100);
  });

  it('writes to 2,500 people, page after page', async () => {
    const school = await makeUpToAdmin(making);
    await addPeople(school, teachers(2_500));
    await invite(school);
    assert.deepEqual(await send(school), { sent: 2_501, undeliverable: 0, pages: 26 });
    assert.equal((await sendgrid.control.ledger()).length, 2_501);
  });
}).timeout(60_000);
