import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createApp } from '../../api/app.ts';
import { createIdentity } from '../../platform/identity.ts';
import { createSignInThrottle } from '../../platform/identity/sign-in-throttle.ts';
import { createPseudonyms } from '../../platform/pseudonyms.ts';
import { createRateLimits, networkOf, type RateLimitSettings } from '../../platform/rate-limits.ts';
import { openRedis } from '../../platform/redis.ts';
import { createTokens } from '../../platform/tokens.ts';
import { quietLog, useApi } from '../support/api.ts';
import { serveHttp, type HttpServer } from '../support/http.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

const tooMany = 'https://errors.toolbox.example/too-many-requests';
/** An address nobody else uses: what is counted for it stays in Redis for a while. */
const someAddress = (): string => `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;

describe('rate limits', () => {
  const api = useApi();
  const test = useVault();
  const closers: (() => unknown)[] = [];
  after(async () => {
    for (const close of closers) await close();
  });

  /** The app behind one proxy, with these limits. */
  async function serve(settings: Partial<RateLimitSettings>, failures = 0): Promise<HttpServer> {
    const redis = openRedis(servers().redis, quietLog);
    const { main, keyring, vault } = { ...api.deps, vault: test.vault };
    const { of: pseudonym, ready } = createPseudonyms(keyring, quietLog);
    await Promise.all([ready, until(() => redis.status === 'ready')]);
    const tokens = createTokens({ vault, issuer: 'http://api.test', audience: 'toolbox' });
    const throttle = createSignInThrottle({ redis, pseudonym, failures });
    const limits = createRateLimits({ redis, pseudonym, settings: { account: 0, tenant: 0, address: 0, ...settings } });
    const identity = createIdentity({ main, keyring, vault, tokens, redis, throttle });
    const server = await serveHttp(createApp({ ...api.deps, identity, limits, trustedProxies: 1 }).callback());
    closers.push(
      () => server.close(),
      () => redis.disconnect(),
    );
    return server;
  }
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('counts for the account, whatever the address, and says how much is left and when to come back', async () => {
    const server = await serve({ account: 3 });
    const { accessToken: token } = api.member('developer');
    const ask = () => server.send('/v1/runs', { token, ...from(someAddress()) });
    const answers = [await ask(), await ask(), await ask(), await ask()];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429],
    );
    const [first, , , last] = answers;
    assert.equal(first?.headers.get('ratelimit-policy'), '"account";q=3;w=60');
    assert.match(first?.headers.get('ratelimit') ?? '', /^"account";r=2;t=(60|59)$/);
    assert.match(last?.headers.get('ratelimit') ?? '', /^"account";r=0;t=\d+$/);
    const seconds = Number(last?.headers.get('retry-after'));
    assert.ok(seconds > 0 && seconds <= 60, String(seconds));
    assert.deepEqual([last?.type, last?.body['type'], last?.body['limit']], ['application/problem+json', tooMany, 'account']);
    assert.equal((await server.send('/v1/runs', { token: api.member('tenant_admin').accessToken })).status, 200);
  });

  it('counts for the tenant over all of its accounts, and for no other tenant', async () => {
    const server = await serve({ tenant: 2 });
    const classes = (token: string) => server.send('/v1/classes', { token });
    const answers = [
      await classes(api.member('teacher').accessToken),
      await classes(api.member('student').accessToken),
      await classes(api.member('tenant_admin').accessToken),
      await classes(api.member('teacher', 1).accessToken),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 429, 200],
    );
  });

  it('counts for the address what nobody has signed in for, refused tokens too, by the network of an IPv6 host', async () => {
    const server = await serve({ address: 3 });
    const here = someAddress();
    const neighbour = here.replace('::1', ':ffff::2');
    const answers = [
      await server.send('/openapi.json', from(here)),
      await server.send('/v1/me', { token: 'forged', ...from(neighbour) }),
      await server.send('/v1/me', from(here)),
      await server.send('/.well-known/jwks.json', from(neighbour)),
      await server.send('/.well-known/jwks.json', from(someAddress())),
      await server.send('/healthz', from(here)),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 401, 401, 429, 200, 200],
    );
  });

  it('believes the proxy about the address, and not what the visitor wrote before it', async () => {
    const server = await serve({ address: 1 });
    const here = someAddress();
    assert.equal((await server.send('/openapi.json', from(`10.0.0.1, ${here}`))).status, 200);
    assert.equal((await server.send('/openapi.json', from(`10.0.0.2, ${here}`))).status, 429);
  });

  it('slows guessing down for a login at an address, known or not, and for it alone; the right password does not count', async () => {
    const server = await serve({}, 2);
    const here = someAddress();
    const { login, password } = api.member('guardian');
    const signIn = (email: string, secret: string, address = here) =>
      server.send('/v1/auth/token', { body: { email, password: secret }, ...from(address) });
    const unknown = `${randomBytes(6).toString('hex')}@example.com`;
    for (const email of [login, unknown]) {
      if (email === login) for (let time = 0; time < 3; time += 1) assert.equal((await signIn(email, password)).status, 200);
      assert.deepEqual([(await signIn(email, 'no')).status, (await signIn(email.toUpperCase(), 'no')).status], [401, 401]);
      const { status, headers, body } = await signIn(email, password);
      assert.deepEqual([status, body['type'], body['limit']], [429, tooMany, 'sign-in']);
      assert.ok(Number(headers.get('retry-after')) > 60);
    }
    assert.equal((await signIn(login, password, someAddress())).status, 200);
    assert.equal((await signIn(api.member('student').login, password)).status, 200);
  });

  it('slows guessing down for a login from many addresses, and for many logins from one address', async () => {
    const server = await serve({}, 1);
    const signIn = (email: string, address: string) => server.send('/v1/auth/token', { body: { email, password: 'no' }, ...from(address) });
    const target = `${randomBytes(6).toString('hex')}@example.com`;
    const spread = [];
    for (let time = 0; time < 6; time += 1) spread.push((await signIn(target, someAddress())).status);
    assert.deepEqual(spread, [401, 401, 401, 401, 401, 429]);
    const here = someAddress();
    const sprayed = await Promise.all(Array.from({ length: 21 }, (_, number) => signIn(`${number}.${target}`, here)));
    assert.equal(sprayed.filter(({ status }) => status === 429).length, 1);
  });

  it('keeps neither addresses nor logins in Redis', async () => {
    const server = await serve({ address: 5 }, 2);
    const name = randomBytes(6).toString('hex');
    const here = someAddress();
    await server.send('/v1/auth/token', { body: { email: `${name}@example.com`, password: 'no' }, ...from(here) });
    const redis = openRedis(servers().redis, quietLog);
    closers.push(() => redis.disconnect());
    const keys = (await redis.keys('limit:*')).join('\n');
    assert.ok(keys.includes('limit:sign-in:'));
    assert.ok(!keys.includes(name) && !keys.includes(here) && !keys.includes(networkOf(here)));
  });

  it('knows the network of an address', () => {
    const networks = ['127.0.0.1', '::ffff:10.1.2.3', '2001:db8::1', '2001:db8:1:2:3:4:5:6', '::1', 'fe80::1:2:3:4'].map(networkOf);
    assert.deepEqual(networks, ['127.0.0.1', '10.1.2.3', '2001:db8:0:0', '2001:db8:1:2', '0:0:0:0', 'fe80:0:0:0']);
  });
});
