import { randomBytes } from 'node:crypto';
import { type AppDeps, createApp, listRoutes } from '../../api/app.ts';
import { openApiDocument } from '../../api/support/openapi.ts';
import type { Route } from '../../api/support/route.ts';
import { isPlatformRole, type Role } from '../../domain/roles.ts';
import { createBilling } from '../../platform/billing.ts';
import { createIdentity } from '../../platform/identity.ts';
import { createResetThrottle } from '../../platform/identity/reset-throttle.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { createLogger } from '../../platform/logger.ts';
import { createCertificateKeys } from '../../platform/privacy/certificate-keys.ts';
import { createPseudonyms } from '../../platform/pseudonyms.ts';
import { createPush } from '../../platform/push.ts';
import { createRateLimits } from '../../platform/rate-limits.ts';
import { openRedis } from '../../platform/redis.ts';
import { createExportDesk } from '../../platform/privacy/export-desk.ts';
import { createUploads } from '../../platform/roster/uploads.ts';
import { createRobloxWebhook } from '../../platform/roblox-webhook.ts';
import { createStripeWebhook } from '../../platform/stripe-webhook.ts';
import { createStorage } from '../../platform/storage.ts';
import { createStripe } from '../../platform/stripe.ts';
import { createTokens } from '../../platform/tokens.ts';
import { createRunHintFeed } from '../../platform/run-hints.ts';
import { openTemporal, readTemporalSettings } from '../../platform/temporal.ts';
import { loadProcesses } from '../../processes/support/registry.ts';
import { loadPolicies } from '../../policies/index.ts';
import { type Databases, useDatabases } from './database.ts';
import { type Answer, type HttpServer, methodOf, type Request, serveHttp } from './http.ts';
import { answerChecker, type Document } from './openapi.ts';
import { testCodec } from './payload-codec.ts';
import { makeSchool, makeStaff, type Member, type Parts, type School } from './school.ts';
import { servers } from './servers.ts';
import { type TestVault, useVault } from './vault.ts';

/** The real API on a free port, on real servers. Filled when the suite's `before` hooks have run. */
export interface TestApi extends Parts {
  readonly url: string;
  readonly databases: Databases;
  readonly deps: AppDeps;
  readonly routes: readonly Route[];
  readonly schools: readonly [School, School];
  readonly staff: Readonly<Record<string, Member>>;
  /** The account of a role: the platform's, or the first school's, or the second's. */
  member(role: Role, school?: 0 | 1): Member;
  /** A request, as the account of a role or as nobody. The answer has been held against the API's own document. */
  send(path: string, request?: Request & { readonly as?: Role; readonly school?: 0 | 1 }): Promise<Answer>;
}
/** Changes the app's dependencies before it is built: a Temporal client that is away, another push. */
export type Override = (deps: AppDeps) => Partial<AppDeps> | Promise<Partial<AppDeps>>;

export const quietLog = createLogger({ level: process.env['TEST_LOG'] ?? 'silent', service: 'test' });
export const webhookSecret = 'whsec_test';
export const robloxSecret = 'roblox-secret';
export const pushConfig = { appId: '1', key: 'test-key', secret: 'test-secret', apiBase: 'http://127.0.0.1:9' };
/** Nobody listens there: a suite that asks Stripe brings a sandbox. */
const stripeConfig = { secretKey: 'sk_test_api', apiBase: 'http://127.0.0.1:9' };

async function build(databases: Databases, { vault }: TestVault) {
  const { main } = databases;
  const redis = openRedis(servers().redis, quietLog);
  const subscriber = openRedis(servers().redis, quietLog);
  const temporal = openTemporal(readTemporalSettings({ TEMPORAL_ADDRESS: servers().temporal.address }), { codec: testCodec });
  const keyring = createKeyring({ knex: databases.keyring, vault });
  const tokens = createTokens({ vault, issuer: 'http://api.test', audience: 'toolbox' });
  const { of: pseudonym } = createPseudonyms(keyring, quietLog);
  const identity = createIdentity({ main, keyring, vault, tokens, redis, mfaRequired: false });
  const storage = createStorage(servers().s3);
  const deps: AppDeps = {
    main,
    keyring,
    keyringDatabase: databases.keyring,
    identity,
    temporal,
    codec: testCodec,
    hints: createRunHintFeed({ redis: subscriber, logger: quietLog }),
    processes: await loadProcesses(),
    push: createPush(pushConfig),
    certificateKeys: createCertificateKeys(vault),
    billing: createBilling(createStripe(stripeConfig)),
    publicUrl: 'https://toolbox.example',
    uploads: createUploads({ main, keyring, storage }),
    exports: createExportDesk({ main, keyring, vault, storage }),
    policies: await loadPolicies(),
    resets: createResetThrottle({ redis, pseudonym }),
    limits: createRateLimits({ redis, pseudonym, settings: { account: 1e6, tenant: 1e6, address: 1e7 } }),
    log: quietLog,
    metrics: { observe: () => undefined, heard: () => undefined },
    stripeWebhook: createStripeWebhook({ secrets: [webhookSecret], live: false }),
    nudgeMirror: () => undefined,
    robloxWebhook: createRobloxWebhook({ secrets: [robloxSecret] }),
    nudgeErasures: () => undefined,
    checks: {},
  };
  const close = async (): Promise<void> => {
    for (const connection of [redis, subscriber]) connection.disconnect();
    await temporal.close();
  };
  return { deps, parts: { main, keyring, vault, identity }, close };
}

/** Call in a `describe`: the real app, two schools and the platform's staff, with an account for each role in each of them. */
export function useApi(override: Override = () => ({})): TestApi {
  const api = {} as TestApi;
  const closers: (() => Promise<unknown>)[] = [];
  // First of the hooks that run afterwards: the API stops before what it stands on is taken away.
  after(async () => {
    for (const shut of closers) await shut();
  });
  const databases = useDatabases();
  const vault = useVault();

  before(async function () {
    this.timeout(60_000);
    const { deps: base, parts, close } = await build(databases, vault);
    closers.push(close);
    const deps = { ...base, ...(await override(base)) };
    const routes = listRoutes(deps);
    const server = await serveHttp(createApp(deps, routes).callback());
    closers.unshift(() => server.close());
    const name = randomBytes(4).toString('hex');
    const [one, two, staff] = await Promise.all([makeSchool(parts, `one-${name}`), makeSchool(parts, `two-${name}`), makeStaff(parts)]);
    Object.assign(
      api,
      parts,
      { url: server.url, databases, deps, routes, schools: [one, two], staff },
      callsOf(server, routes, [one, two], staff),
    );
  });
  return api;
}

function callsOf(
  server: HttpServer,
  routes: readonly Route[],
  schools: readonly School[],
  staff: Readonly<Record<string, Member>>,
): Pick<TestApi, 'member' | 'send'> {
  const member: TestApi['member'] = (role, school = 0) => {
    const found = isPlatformRole(role) ? staff[role] : schools[school]?.members[role];
    if (!found) throw new Error(`There is no ${role}.`);
    return found;
  };
  const check = answerChecker(openApiDocument(routes) as unknown as Document);
  return {
    member,
    async send(path, { as, school, ...request } = {}) {
      const answer = await server.send(path, as ? { token: member(as, school).accessToken, ...request } : request);
      check(methodOf(request), path, answer);
      return answer;
    },
  };
}
