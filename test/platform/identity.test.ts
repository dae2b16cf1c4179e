import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { UnavailableError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { verifyChain } from '../../platform/audit.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { createIdentity } from '../../platform/identity.ts';
import { newId } from '../../platform/ids.ts';
import { createTokens } from '../../platform/tokens.ts';
import { createSchools, type NewMember, testPassword, useIdentity } from '../support/identity.ts';
import { servers } from '../support/servers.ts';

const ended = { code: 'session-ended', status: 401 };
const hour = 3_600_000;

describe('platform/identity', () => {
  const env = useIdentity();
  const schools = () => createSchools(env);
  const main = () => env.databases.main;
  const member = async (): Promise<NewMember> => schools().newMember((await schools().newTenant()).tenantId, 'teacher');
  const set = (table: string, id: string, tenantId: string, changes: object): Promise<unknown> =>
    inTenant(main(), tenantId, (trx) => trx(table).where({ id }).update(changes));
  const later = (ms: number): void => {
    env.now = new Date(env.now.getTime() + ms);
  };

  describe('accounts', () => {
    it('are made once, however often they are asked for', async () => {
      const account = { accountId: newId(), login: `${newId()}@example.org`, password: testPassword };
      await env.identity.createAccount(account);
      const first = await env.identity.findAccountByLogin(account.login);
      await env.identity.createAccount({ ...account, password: 'another password altogether' });
      const second = await env.identity.findAccountByLogin(` ${account.login.toUpperCase()} `);
      assert.equal(first?.id, account.accountId);
      assert.deepEqual(second, first);
    });

    it('never share a login, though two claim it at once', async () => {
      const login = `${newId()}@example.org`;
      const claims = [newId(), newId()].map((accountId) => env.identity.createAccount({ accountId, login, password: testPassword }));
      const outcomes = (await Promise.allSettled(claims)).map((outcome) =>
        outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'made',
      );
      assert.deepEqual(outcomes.sort(), ['login-taken', 'made']);
    });

    it('refuse a weak password and leave nothing behind', async () => {
      const login = `${newId()}@example.org`;
      await assert.rejects(env.identity.createAccount({ accountId: newId(), login, password: 'short' }), { code: 'weak-password' });
      await env.identity.createAccount({ accountId: newId(), login, password: testPassword });
    });

    it('have one membership for a role in a tenant, recorded once', async () => {
      const { tenantId, accountId, membershipId } = await member();
      const again = await env.identity.ensureMembership({ membershipId: newId(), tenantId, accountId, role: 'teacher' });
      assert.equal(again, membershipId);
      assert.deepEqual(await verifyChain(main(), tenantId).then(({ intact, entries }) => [intact, entries]), [true, 1]);
    });
  });

  describe('signing in', () => {
    it('opens a session for the membership, whatever the case of the login', async () => {
      const { login, ...who } = await member();
      const session = await env.identity.signIn({ ...who, login: login.toUpperCase() });
      assert.equal(session.expiresIn, 900);
      const { tokenId, tokenExpiresAt, ...caller } = await env.identity.authenticate(session.accessToken);
      const { accountId, tenantId, membershipId } = who;
      assert.deepEqual(caller, { accountId, tenantId, membershipId, sessionId: session.sessionId, role: 'teacher', accessLevel: 'full' });
      assert.ok(tokenId && tokenExpiresAt.getTime() > Date.now());
    });

    it('works with a user name and the name of the school', async () => {
      const { tenantId, slug } = await schools().newTenant();
      const who = await schools().newMember(tenantId, 'student', `Ada.L@${slug}`);
      assert.equal((await env.identity.signIn({ ...who, login: `ada.l@${slug}` })).accountId, who.accountId);
    });

    it('keeps login, address and device under the key of the account only', async () => {
      const { accountId, ...who } = await member();
      const { sessionId } = await env.identity.signIn({ ...who, ip: '203.0.113.7', device: 'Fridge/1.0' });
      const session = await main()('sessions').where({ id: sessionId }).first();
      const account = await main()('accounts').where({ id: accountId }).first();
      const sealer = await env.keyring.sealer(platformTenantId, [accountId]);
      const open = (table: string, column: string, rowId: string, sealed: Buffer): string =>
        sealer.open(accountId, { tenantId: platformTenantId, table, column, rowId }, sealed);
      assert.equal(open('sessions', 'ip_address', sessionId, session.ip_address), '203.0.113.7');
      assert.equal(open('sessions', 'device_id', sessionId, session.device_id), 'Fridge/1.0');
      assert.equal(open('accounts', 'login', accountId, account.login), who.login);
      assert.doesNotMatch(
        JSON.stringify([session, account], (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value)),
        /203\.0|Fridge|example\.org/,
      );
    });

    it('answers a wrong password and an unknown login alike', async () => {
      const { login } = await member();
      for (const attempt of [
        { login, password: 'not the password' },
        { login: `${newId()}@example.org`, password: testPassword },
      ])
        await assert.rejects(env.identity.signIn(attempt), { code: 'bad-credentials', status: 401 });
    });

    const refusals: readonly [string, (of: NewMember) => Promise<unknown> | object, string][] = [
      [
        'a suspended account',
        ({ accountId }) => main()('accounts').where({ id: accountId }).update({ status: 'suspended' }),
        'account-suspended',
      ],
      [
        'a suspended membership',
        ({ membershipId, tenantId }) => set('memberships', membershipId, tenantId, { status: 'suspended' }),
        'account-suspended',
      ],
      ['a suspended school', ({ tenantId }) => set('tenants', tenantId, tenantId, { status: 'suspended' }), 'tenant-suspended'],
      ['a closed school', ({ tenantId }) => set('tenants', tenantId, tenantId, { status: 'closed' }), 'forbidden'],
      [
        'a school one is no member of',
        () =>
          schools()
            .newTenant()
            .then(({ slug }) => ({ tenant: slug })),
        'forbidden',
      ],
      ['a school that does not exist', () => ({ tenant: 'no-such-school' }), 'forbidden'],
    ];
    for (const [title, arrange, code] of refusals)
      it(`refuses ${title}, and says so only to who knows the password`, async () => {
        const who = await member();
        const arranged = await arrange(who);
        const tenant = typeof arranged === 'object' && arranged && 'tenant' in arranged ? { tenant: String(arranged.tenant) } : {};
        await assert.rejects(env.identity.signIn({ ...who, tenant: undefined, ...tenant }), { code });
        await assert.rejects(env.identity.signIn({ ...who, ...tenant, password: 'not the password' }), { code: 'bad-credentials' });
      });

    it('goes to the platform first, else to the wanted school by name or id, with the most powerful role there', async () => {
      const [one, two] = [await schools().newTenant(), await schools().newTenant()];
      const who = await schools().newMember(one.tenantId, 'guardian');
      const join = (tenantId: string, role: 'teacher' | 'ops') =>
        env.identity.ensureMembership({ membershipId: newId(), accountId: who.accountId, tenantId, role });
      await join(two.tenantId, 'teacher');
      const teacher = await join(one.tenantId, 'teacher');
      const { login, password } = who;
      assert.equal((await env.identity.signIn({ login, password, tenant: one.slug })).membershipId, teacher);
      assert.equal((await env.identity.signIn({ login, password, tenant: two.tenantId })).tenantId, two.tenantId);
      await join(platformTenantId, 'ops');
      assert.equal((await env.identity.signIn({ login, password })).tenantId, platformTenantId);
      assert.equal((await env.identity.signIn({ login, password, tenant: one.tenantId })).tenantId, one.tenantId);
    });

    it('leaves no session behind when the vault is away', async () => {
      const who = await member();
      await assert.rejects(withoutVault().signIn(who), { code: 'unavailable' });
      assert.equal((await main()('sessions').where({ account_id: who.accountId })).length, 0);
    });
  });

  const withoutVault = () => {
    const away = async (): Promise<never> => {
      throw new UnavailableError('vault');
    };
    const tokens = createTokens({
      vault: { jwks: env.test.vault.jwks, signJwt: away },
      issuer: 'https://toolbox.test',
      audience: 'toolbox-api',
    });
    return createIdentity({ main: main(), keyring: env.keyring, vault: env.test.vault, tokens, redis: env.redis });
  };

  describe('refreshing', () => {
    it('trades a token for new ones of the same session', async () => {
      const first = await env.identity.signIn(await member());
      const second = await env.identity.refresh(first.refreshToken);
      assert.notEqual(second.refreshToken, first.refreshToken);
      assert.equal((await env.identity.authenticate(second.accessToken)).sessionId, first.sessionId);
      const third = await env.identity.refresh(second.refreshToken);
      await env.identity.authenticate(third.accessToken);
    });

    it('ends the whole session when a used token comes again', async () => {
      const first = await env.identity.signIn(await member());
      const second = await env.identity.refresh(first.refreshToken);
      await assert.rejects(env.identity.refresh(first.refreshToken), ended);
      await assert.rejects(env.identity.refresh(second.refreshToken), ended);
      for (const { accessToken } of [first, second]) await assert.rejects(env.identity.authenticate(accessToken), ended);
      assert.equal((await main()('sessions').where({ id: first.sessionId }).first()).revoked_reason, 'refresh-token-reused');
    });

    it('gives new tokens to one of two that come at once, and then ends the session', async () => {
      const { refreshToken } = await env.identity.signIn(await member());
      const outcomes = await Promise.allSettled([env.identity.refresh(refreshToken), env.identity.refresh(refreshToken)]);
      const [won] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 1);
      assert.ok(won);
      await assert.rejects(env.identity.refresh(won.refreshToken), ended);
    });

    it('refuses a token it never made, and any after the session is over', async () => {
      const { refreshToken } = await env.identity.signIn(await member());
      await assert.rejects(env.identity.refresh('never-made'), ended);
      later(721 * hour);
      await assert.rejects(env.identity.refresh(refreshToken), ended);
    });

    it('keeps the token good when the vault is away', async () => {
      const { refreshToken } = await env.identity.signIn(await member());
      await assert.rejects(withoutVault().refresh(refreshToken), { code: 'unavailable' });
      await env.identity.refresh(refreshToken);
    });
  });

  describe('signing out', () => {
    it('ends this session at once, twice without complaint, and no other', async () => {
      const who = await member();
      const [here, there] = [await env.identity.signIn(who), await env.identity.signIn(who)];
      const caller = await env.identity.authenticate(here.accessToken);
      await env.identity.signOut(caller);
      await env.identity.signOut(caller);
      await assert.rejects(env.identity.authenticate(here.accessToken), ended);
      await assert.rejects(env.identity.refresh(here.refreshToken), ended);
      await env.identity.authenticate(there.accessToken);
    });

    it('is told by Redis until the token ends, and by the session where Redis is away', async () => {
      const { accessToken, sessionId } = await env.identity.signIn(await member());
      const caller = await env.identity.authenticate(accessToken);
      const { redis: _, ...deps } = { ...env, main: main(), vault: env.test.vault };
      const unconnected = new Redis(servers().redis.url, { lazyConnect: true });
      const withoutRedis = createIdentity({ ...deps, redis: unconnected });
      await assert.rejects(withoutRedis.authenticate(accessToken), {
        code: 'unavailable',
        details: { part: 'The list of ended sessions', retryAfterSeconds: 5 },
      });
      await withoutRedis.authenticate(accessToken, { failClosed: false });
      await env.identity.signOut(caller);
      await assert.rejects(withoutRedis.authenticate(accessToken, { failClosed: false }), ended);
      assert.equal(unconnected.status, 'wait');
      await main()('sessions').where({ id: sessionId }).update({ revoked_at: null });
      await withoutRedis.authenticate(accessToken, { failClosed: false });
      await assert.rejects(env.identity.authenticate(accessToken), ended);
      const left = await env.redis.ttl(`ended-token:${caller.tokenId}`);
      assert.ok(left > 840 && left <= 960, `${left} s`);
    });
  });

  describe('an access token', () => {
    const endings: readonly [string, (of: NewMember) => Promise<unknown>, string][] = [
      [
        'the account is suspended',
        ({ accountId }) => main()('accounts').where({ id: accountId }).update({ status: 'suspended' }),
        'session-ended',
      ],
      [
        'the membership is suspended',
        ({ membershipId, tenantId }) => set('memberships', membershipId, tenantId, { status: 'suspended' }),
        'session-ended',
      ],
      ['the school is suspended', ({ tenantId }) => set('tenants', tenantId, tenantId, { status: 'suspended' }), 'tenant-suspended'],
      ['the school is closed', ({ tenantId }) => set('tenants', tenantId, tenantId, { status: 'closed' }), 'session-ended'],
      [
        'the school is gone',
        ({ tenantId }) => inPlatform(main(), (trx) => trx('tenants').where({ id: tenantId }).delete()),
        'session-ended',
      ],
    ];
    for (const [title, act, code] of endings)
      it(`ends at once when ${title}, and so does its refresh token`, async () => {
        const who = await member();
        const { accessToken, refreshToken } = await env.identity.signIn(who);
        await act(who);
        await assert.rejects(env.identity.authenticate(accessToken), { code });
        await assert.rejects(env.identity.refresh(refreshToken), { code });
      });

    it('has the role the membership has now, not the one it was issued with', async () => {
      const who = await member();
      const { accessToken } = await env.identity.signIn(who);
      await set('memberships', who.membershipId, who.tenantId, { role: 'student' });
      assert.equal((await env.identity.authenticate(accessToken)).role, 'student');
    });

    it('lives for fifteen minutes', async () => {
      const { accessToken } = await env.identity.signIn(await member());
      later(14.9 * 60_000);
      await env.identity.authenticate(accessToken);
      later(20_000);
      await assert.rejects(env.identity.authenticate(accessToken), { code: 'unauthenticated' });
      await assert.rejects(env.identity.authenticate(''), { code: 'unauthenticated' });
    });
  });
});
