import assert from 'node:assert/strict';
import { type PlatformRole, platformTenantId } from '../../domain/roles.ts';
import { UnavailableError } from '../../domain/errors.ts';
import { createIdentity } from '../../platform/identity.ts';
import { createSignInThrottle } from '../../platform/identity/sign-in-throttle.ts';
import { createPseudonyms } from '../../platform/pseudonyms.ts';
import { openRedis } from '../../platform/redis.ts';
import { createTokens } from '../../platform/tokens.ts';
import { quietLog, type TestApi, useApi } from './api.ts';
import { type Authenticator, enrolAuthenticator } from './authenticator.ts';
import type { Answer } from './http.ts';
import { addMember, type Member } from './school.ts';
import { servers } from './servers.ts';
import { useVault } from './vault.ts';

export interface Staff extends Member {
  readonly authenticator: Authenticator;
}
/** An access that was opened, and its token. */
export interface Opened {
  readonly id: string;
  readonly token: string;
}
export interface BreakGlassApi extends TestApi {
  /** What the API takes for now; tests move it. */
  now: Date;
  /** Whether the vault signs nothing. */
  vaultAway: boolean;
  pass(minutes: number): void;
  /** A code that was not used before: its time is the next step of the clock. */
  code(staff: Staff): string;
  /** A new member of the platform's staff with a second factor, signed in. */
  newStaff(role: PlatformRole): Promise<Staff>;
  signIn(staff: Staff): Promise<string>;
  /** A session of the administrator of the second school, which suites suspend. */
  otherAdmin(): Promise<string>;
  ask(staff: Staff, changes?: object): Promise<Answer>;
  open(staff: Staff, changes?: object): Promise<Opened>;
}
export const stated = 'Ticket 4711: the guardian of Ada Lovelace asks for her record.';

/** The API with second factors required, sign-ins slowed down, and a clock that the suite moves. */
export function useBreakGlass(): BreakGlassApi {
  const test = useVault();
  const redis = openRedis(servers().redis, quietLog);
  after(() => redis.disconnect());
  const clock = (): Date => it.now;
  const api = useApi(async ({ main, keyring }) => {
    const { vault } = test;
    const signJwt: typeof vault.signJwt = async (...asked) => {
      if (it.vaultAway) throw new UnavailableError('The vault');
      return vault.signJwt(...asked);
    };
    const tokens = createTokens({ vault: { jwks: vault.jwks, signJwt }, issuer: 'http://api.test', audience: 'toolbox', clock });
    const { of: pseudonym, ready } = createPseudonyms(keyring, quietLog);
    await ready;
    const throttle = createSignInThrottle({ redis, pseudonym, failures: 4 });
    return { identity: createIdentity({ main, keyring, vault, tokens, redis, throttle, clock, breakGlassMaxMinutes: 120 }) };
  });
  const it = Object.create(api) as BreakGlassApi;
  beforeEach(() => {
    it.now = new Date();
    it.vaultAway = false;
  });
  it.pass = (minutes) => {
    it.now = new Date(it.now.getTime() + minutes * 60_000);
  };
  it.code = ({ authenticator }) => {
    it.pass(0.5);
    return authenticator.codeAt(it.now);
  };
  it.signIn = async (staff) => {
    const body = { email: staff.login, password: staff.password, otp: it.code(staff) };
    return String((await api.send('/v1/auth/token', { body })).body['accessToken']);
  };
  it.otherAdmin = async () => (await api.identity.signIn(api.member('tenant_admin', 1))).accessToken;
  it.newStaff = async (role) => {
    const member = await addMember(api, platformTenantId, role);
    const authenticator = await enrolAuthenticator(api, member);
    const body = { email: member.login, password: member.password, otp: authenticator.codeAt(it.now) };
    assert.equal((await api.send('/v1/auth/mfa/confirm', { body })).status, 204);
    const staff = { ...member, authenticator };
    return { ...staff, accessToken: await it.signIn(staff) };
  };
  it.ask = (staff, changes = {}) => {
    const body = { tenantId: api.schools[0].id, role: 'tenant_admin', reason: stated, minutes: 30, otp: it.code(staff), ...changes };
    return api.send('/v1/break-glass', { token: staff.accessToken, body });
  };
  it.open = async (staff, changes = {}) => {
    const { status, body } = await it.ask(staff, changes);
    assert.equal(status, 201);
    return { id: String(body['access']?.['id']), token: String(body['accessToken']) };
  };
  return it;
}
