import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { verifyChain } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createSchools, testPassword, useIdentity } from '../support/identity.ts';

const gone = { code: 'invitation-invalid', status: 410 };
const password = testPassword;

describe('platform/identity: invitations', () => {
  const env = useIdentity();
  const schools = () => createSchools(env);
  const row = (tenantId: string, table: string, where: object) =>
    inTenant(env.databases.main, tenantId, (trx) => trx(table).where(where).first());
  async function invite(changes: object = {}) {
    const school = await schools().newTenant();
    const email = `${newId()}@example.org`;
    const personId = await schools().newPerson(school.tenantId, { email });
    return { ...school, email, personId, ...(await schools().newInvitation(school.tenantId, personId, changes)) };
  }

  it('have the same code each time it is made, alone or among others', async () => {
    const refs = Array.from({ length: 300 }, () => ({ tenantId: newId(), invitationId: newId() }));
    const tokens = await env.identity.invitationTokens(refs);
    assert.equal(new Set(tokens).size, 300);
    const [, , third] = refs;
    assert.ok(third);
    assert.equal(await env.identity.invitationToken(third), tokens[2]);
    assert.match(tokens[2] ?? '', /^[\w-]{88}$/);
  });

  it('become an account, a membership and a sign-in, recorded', async () => {
    const { tenantId, email, personId, invitationId, token } = await invite();
    const accepted = await env.identity.acceptInvitation({ token, password, displayName: 'Ada Lovelace' });
    const session = await env.identity.signIn({ login: email, password });
    assert.deepEqual(
      { ...(await env.identity.authenticate(session.accessToken)), tokenId: '', tokenExpiresAt: '' },
      {
        ...accepted,
        sessionId: session.sessionId,
        role: 'teacher',
        accessLevel: 'full',
        personId,
        tokenId: '',
        tokenExpiresAt: '',
      },
    );
    const invitation = await row(tenantId, 'invitations', { id: invitationId });
    assert.deepEqual([invitation.status, invitation.accepted_at], ['accepted', env.now]);
    const person = await row(tenantId, 'people', { id: personId });
    const place = { tenantId, table: 'people', column: 'display_name', rowId: personId };
    assert.equal((await env.keyring.sealer(tenantId, [personId])).open(personId, place, person.display_name), 'Ada Lovelace');
    assert.deepEqual(await verifyChain(env.databases.main, tenantId).then(({ intact, entries }) => [intact, entries]), [true, 3]);
  });

  it('answer a second submission like the first, and refuse one with another password', async () => {
    const { tenantId, token } = await invite();
    const first = await env.identity.acceptInvitation({ token, password });
    assert.deepEqual(await env.identity.acceptInvitation({ token, password }), first);
    await assert.rejects(env.identity.acceptInvitation({ token, password: 'another password altogether' }), gone);
    assert.equal((await verifyChain(env.databases.main, tenantId)).entries, 2);
  });

  it('are accepted once by two submissions at the same time', async () => {
    const { tenantId, token } = await invite();
    const [one, two] = await Promise.all([
      env.identity.acceptInvitation({ token, password }),
      env.identity.acceptInvitation({ token, password }),
    ]);
    assert.deepEqual(one, two);
    assert.equal((await verifyChain(env.databases.main, tenantId)).entries, 2);
  });

  it('belong to the faster of two that bring different passwords at the same time', async () => {
    const { token, email } = await invite();
    const passwords = ['the password of the one', 'the password of the other'];
    const outcomes = await Promise.allSettled(passwords.map((each) => env.identity.acceptInvitation({ token, password: each })));
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await env.identity.signIn({ login: email, password: passwords[winner] ?? '' });
    await assert.rejects(env.identity.signIn({ login: email, password: passwords[1 - winner] ?? '' }), { code: 'bad-credentials' });
  });

  it('join an account that exists to a second school, with its own password only', async () => {
    const first = await invite();
    const { accountId } = await env.identity.acceptInvitation({ token: first.token, password });
    const { tenantId, slug } = await schools().newTenant();
    const personId = await schools().newPerson(tenantId, { email: first.email.toUpperCase() });
    const { invitationId, token } = await schools().newInvitation(tenantId, personId, { role: 'guardian' });
    await assert.rejects(env.identity.acceptInvitation({ token, password: 'another password altogether' }), { code: 'bad-credentials' });
    assert.equal((await row(tenantId, 'invitations', { id: invitationId })).status, 'pending');
    assert.equal((await env.identity.acceptInvitation({ token, password })).accountId, accountId);
    assert.equal((await env.identity.signIn({ login: first.email, password, tenant: slug })).tenantId, tenantId);
  });

  it('set the password of an account that had none', async () => {
    const { email, token } = await invite();
    const accountId = newId();
    await env.identity.createAccount({ accountId, login: email });
    await assert.rejects(env.identity.signIn({ login: email, password }), { code: 'bad-credentials' });
    assert.equal((await env.identity.acceptInvitation({ token, password })).accountId, accountId);
    await env.identity.signIn({ login: email, password });
  });

  it('lead to a user name at the school where there is no e-mail', async () => {
    const { tenantId, slug } = await schools().newTenant();
    const personId = await schools().newPerson(tenantId, { username: 'Ada.L' });
    const { token } = await schools().newInvitation(tenantId, personId, { role: 'student' });
    await env.identity.acceptInvitation({ token, password });
    await env.identity.signIn({ login: `ada.l@${slug}`, password });
  });

  it('are accepted though an earlier attempt died after claiming the login', async () => {
    const { email, token } = await invite();
    const index = await env.keyring.blindIndex(platformTenantId);
    const claimed = newId();
    await index.put('login', [{ hmac: index.hmac('login', email), subjectId: claimed }]);
    assert.equal((await env.identity.acceptInvitation({ token, password })).accountId, claimed);
    await env.identity.signIn({ login: email, password });
  });

  it('stay open when the password is weak', async () => {
    const { tenantId, invitationId, token } = await invite();
    await assert.rejects(env.identity.acceptInvitation({ token, password: 'short' }), { code: 'weak-password' });
    assert.equal((await row(tenantId, 'invitations', { id: invitationId })).status, 'pending');
    await env.identity.acceptInvitation({ token, password });
  });

  type Invited = Awaited<ReturnType<typeof invite>>;
  const refusals: readonly [string, (of: Invited) => Promise<unknown>][] = [
    [
      'is past its date',
      ({ tenantId, invitationId }) => change(tenantId, 'invitations', invitationId, { expires_at: new Date(Date.now() - 1_000) }),
    ],
    ['was withdrawn', ({ tenantId, invitationId }) => change(tenantId, 'invitations', invitationId, { status: 'withdrawn' })],
    [
      'no longer exists',
      ({ tenantId, invitationId }) =>
        inTenant(env.databases.main, tenantId, (trx) => trx('invitations').where({ id: invitationId }).delete()),
    ],
    ['is for a person who has left', ({ tenantId, personId }) => change(tenantId, 'people', personId, { status: 'inactive' })],
    ['is for a person who was erased', ({ tenantId, personId }) => env.keyring.destroySubjectKeys(tenantId, [personId])],
    ['is for a person without a login', ({ tenantId, personId }) => change(tenantId, 'people', personId, { email: null })],
    ['is of a suspended school', ({ tenantId }) => change(tenantId, 'tenants', tenantId, { status: 'suspended' })],
  ];
  const change = (tenantId: string, table: string, id: string, changes: object): Promise<unknown> =>
    inTenant(env.databases.main, tenantId, (trx) => trx(table).where({ id }).update(changes));
  for (const [title, act] of refusals)
    it(`refuse one that ${title}`, async () => {
      const invited = await invite();
      await act(invited);
      await assert.rejects(env.identity.acceptInvitation({ token: invited.token, password }), gone);
      assert.equal(await env.identity.findAccountByLogin(invited.email), undefined);
    });

  it('refuse a code that was made up, cut or changed in any part', async () => {
    const { token } = await invite();
    const bytes = Buffer.from(token, 'base64url');
    const changed = [0, 1, 2, 17, 18, 33, 34, 65].map((at) =>
      Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))).toString('base64url'),
    );
    for (const forged of ['', 'x', '../../sys', token.slice(0, -1), `${token}A`, ` ${token}`, ...changed])
      await assert.rejects(env.identity.acceptInvitation({ token: forged, password }), gone, forged);
  });
});
