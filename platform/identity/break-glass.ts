import type { Knex } from 'knex';
import { type BreakGlassRole, defaultBreakGlassMinutes } from '../../domain/break-glass.ts';
import { BreakGlassOverError, NotFoundError, TenantStateError } from '../../domain/errors.ts';
import { isPlatformRole, platformTenantId } from '../../domain/roles.ts';
import { inPlatform } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import type { BreakGlassAccess } from '../models/break-glass-access.ts';
import { Tenant } from '../models/tenant.ts';
import type { Tokens } from '../tokens.ts';
import { sealReason } from './break-glass-reason.ts';
import type { createBreakGlassRows, Use } from './break-glass-rows.ts';
import { takesSignIns } from './choose-membership.ts';
import type { SignedIn } from './sessions.ts';

export interface BreakGlassDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'createSubjectKeys' | 'sealer'>;
  readonly tokens: Pick<Tokens, 'issue'>;
  readonly rows: ReturnType<typeof createBreakGlassRows>;
  /** Asks for the second factor anew. Throws MfaRequiredError, BadOtpError, MfaEnrolmentRequiredError, TooManyRequestsError. */
  readonly secondFactor: (accountId: string, otp: string | undefined, ip: string | undefined) => Promise<void>;
  /** The longest time an access may be opened for. */
  readonly maxMinutes?: number | undefined;
  readonly clock: () => Date;
}
export interface Opening {
  readonly tenantId: string;
  readonly role: BreakGlassRole;
  readonly reason: string;
  readonly minutes: number;
  readonly otp?: string | undefined;
  readonly ip?: string | undefined;
  readonly requestId: string;
}
export interface OpenAccess {
  readonly access: BreakGlassAccess;
  readonly accessToken: string;
  /** Seconds the token lives: never longer than the access. */
  readonly expiresIn: number;
}
type TokenOf = Pick<BreakGlassAccess, 'id' | 'tenant_id' | 'session_id' | 'role' | 'expires_at'>;
export type BreakGlass = ReturnType<typeof createBreakGlass>;

/**
 * Break-glass: a member of the platform's staff enters one school, for a stated reason and a while. An access hangs on the sign-in it was
 * opened in: what ends that, ends it. It has no refresh token; its own short tokens come from that sign-in, until its time is up.
 */
export function createBreakGlass({
  main,
  keyring,
  tokens,
  rows,
  secondFactor,
  maxMinutes = defaultBreakGlassMinutes,
  clock,
}: BreakGlassDeps) {
  type Token = Omit<OpenAccess, 'access'>;
  const tokenFor = ({ id, tenant_id, session_id, role, expires_at }: TokenOf, { accountId, membershipId }: SignedIn): Promise<Token> =>
    tokens.issue({ sub: accountId, tid: tenant_id, mid: membershipId, sid: session_id, role, bga: id }, expires_at);

  /** Throws NotFoundError (also for the platform itself) or TenantStateError. */
  async function demandOpenSchool(tenantId: string): Promise<void> {
    const tenant = await inPlatform(main, async (trx) => Tenant.query(trx).findById(tenantId));
    if (!tenant || tenantId === platformTenantId) throw new NotFoundError('tenant');
    if (!takesSignIns(tenant.status)) throw new TenantStateError(tenant.status);
  }

  /** An access as the caller may see it: any for the platform's staff, those to their own school for everybody else. Throws NotFoundError. */
  const find = ({ tenantId }: SignedIn, id: string): Promise<BreakGlassAccess> => rows.find(tenantId, id);

  return {
    maxMinutes,
    /**
     * Opens an access of the caller, a member of the platform's staff who may do so, to a school. Throws NotFoundError, TenantStateError,
     * and what `secondFactor` throws.
     */
    open: async (caller: SignedIn, { tenantId, role, reason, minutes, otp, ip, requestId }: Opening): Promise<OpenAccess> => {
      const { role: opened_as, accountId: account_id, sessionId: session_id } = caller;
      if (!isPlatformRole(opened_as)) throw new Error('Only the staff of the platform enters by break-glass.');
      await demandOpenSchool(tenantId);
      await secondFactor(account_id, otp, ip);
      const [id, opened_at] = [newId(), clock()];
      const expires_at = new Date(opened_at.getTime() + Math.min(minutes, maxMinutes) * 60_000);
      const row = { id, tenant_id: tenantId, account_id, session_id, opened_as, role, opened_at, expires_at };
      const token = await tokenFor(row, caller); // first: when the vault is away, no access is left behind
      const sealed = await sealReason(keyring, row, reason);
      return { access: await rows.insert({ ...row, ...sealed }, requestId), ...token };
    },
    /** The next token of an access the caller has opened. Throws NotFoundError, or BreakGlassOverError. */
    renew: async (caller: SignedIn, id: string): Promise<OpenAccess> => {
      const access = await find(caller, id);
      if (access.account_id !== caller.accountId) throw new NotFoundError('access');
      await rows.settleAll({ accountId: caller.accountId });
      if ((await find(caller, id)).ended_at) throw new BreakGlassOverError();
      return { access, ...(await tokenFor(access, caller)) };
    },
    /** Ends an access at once; one that has ended before is left as it is. Throws NotFoundError. */
    end: async (caller: SignedIn, id: string, requestId: string | null = null): Promise<BreakGlassAccess> => {
      const { tenant_id, account_id } = await find(caller, id);
      const other = caller.tenantId === platformTenantId ? 'ended-by-staff' : 'ended-by-school';
      const reason = account_id === caller.accountId ? 'ended-by-holder' : other;
      await rows.end({ id, tenantId: tenant_id }, { by: caller.accountId, reason, requestId });
      return find(caller, id);
    },
    /** Writes down, in both logs, what the caller looks at under an access. */
    use: ({ accountId, tenantId, breakGlassId }: SignedIn, seen: Use['seen'], requestId: string): Promise<void> => {
      if (!breakGlassId) throw new Error('This is no access by break-glass.');
      return rows.use({ id: breakGlassId, tenantId }, { accountId, requestId, seen });
    },
    settleAll: rows.settleAll,
  };
}
