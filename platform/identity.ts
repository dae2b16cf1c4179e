import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { AccountSuspendedError, BadCredentialsError } from '../domain/errors.ts';
import { isPlatformRole } from '../domain/roles.ts';
import { createInvitationDesk } from './identity/accept-invitation.ts';
import { createAccounts } from './identity/accounts.ts';
import { createBreakGlass } from './identity/break-glass.ts';
import { createBreakGlassRows } from './identity/break-glass-rows.ts';
import { chooseMembership } from './identity/choose-membership.ts';
import { createConfirm } from './identity/confirm.ts';
import { type InvitationRef, invitationTokens } from './identity/invitation-token.ts';
import { createMfa, type Enrolment } from './identity/mfa.ts';
import { createPasswordResetDesk } from './identity/password-reset.ts';
import { createSessionRows } from './identity/session-rows.ts';
import type { SignInThrottle } from './identity/sign-in-throttle.ts';
import { createSignOut } from './identity/sign-out.ts';
import { createSessions, type Device, type IssuedTokens } from './identity/sessions.ts';
import type { Keyring } from './keyring.ts';
import { verifyPassword } from './passwords.ts';
import type { Tokens } from './tokens.ts';
import type { Vault } from './vault.ts';

export interface IdentityDeps {
  /** The main cluster. */
  readonly main: Knex;
  readonly keyring: Keyring;
  readonly vault: Pick<Vault, 'hmacBatch' | 'verifyHmac'>;
  readonly tokens: Tokens;
  readonly redis: Pick<Redis, 'set' | 'exists' | 'status'>;
  /** Slows guessing down; absent where nobody guesses. */
  readonly throttle?: Pick<SignInThrottle, 'guard'>;
  /** Whether the platform's own roles need a second factor (default). */
  readonly mfaRequired?: boolean;
  /** The longest time platform staff may enter a school for. */
  readonly breakGlassMaxMinutes?: number;
  readonly clock?: () => Date;
}
export interface SignIn extends Device {
  /** An e-mail address, or `username@school-slug`. */
  readonly login: string;
  readonly password: string;
  /** A code of the authenticator app, or a recovery code. */
  readonly otp?: string | undefined;
  /** Id or slug of the tenant to sign in to; without it the platform's comes first. */
  readonly tenant?: string | undefined;
}
/** A login and its password, and where they come from. */
export type Credentials = Pick<SignIn, 'login' | 'password' | 'ip'>;
export type Identity = ReturnType<typeof createIdentity>;

/** Who may come in: accounts, sessions, invitations. Below HTTP and above the databases; knows nothing of requests. */
export function createIdentity({
  main,
  keyring,
  vault,
  tokens,
  redis,
  throttle,
  mfaRequired = true,
  breakGlassMaxMinutes,
  clock = () => new Date(),
}: IdentityDeps) {
  const accounts = createAccounts({ main, keyring });
  const rows = createBreakGlassRows(main, clock);
  const sessions = createSessions({ main, keyring, tokens, redis, breakGlass: rows, clock });
  const desk = createInvitationDesk({ main, keyring, vault, accounts, clock });

  const resets = createPasswordResetDesk({ main, keyring, vault, clock });
  const mfa = createMfa({ main, keyring, clock });

  /** Does what only who knows the password may. */
  function known<T>({ login, password, ip }: Credentials, act: (accountId: string) => Promise<T>): Promise<T> {
    const attempt = async (): Promise<T> => {
      const account = await accounts.findAccountByLogin(login);
      if (!(await verifyPassword(account?.password_hash, password)) || !account) throw new BadCredentialsError();
      if (account.status !== 'active') throw new AccountSuspendedError();
      return act(account.id);
    };
    return throttle ? throttle.guard({ login, address: ip }, attempt) : attempt();
  }
  /** Asks an account for its second factor anew; guessing is slowed down as it is when signing in. */
  function secondFactor(accountId: string, otp: string | undefined, ip: string | undefined): Promise<void> {
    const attempt = (): Promise<void> => mfa.admit(accountId, otp, mfaRequired);
    return throttle ? throttle.guard({ login: accountId, address: ip }, attempt) : attempt();
  }
  const breakGlass = createBreakGlass({ main, keyring, tokens, rows, secondFactor, maxMinutes: breakGlassMaxMinutes, clock });

  return {
    createAccount: accounts.createAccount,
    ensureMembership: accounts.ensureMembership,
    findAccountByLogin: accounts.findAccountByLogin,
    /**
     * Opens a session. Throws BadCredentialsError whether login or password is wrong, in the same time; only who knows the password learns of
     * AccountSuspendedError, TenantSuspendedError, ForbiddenError (no membership there), MfaRequiredError, BadOtpError or
     * MfaEnrolmentRequiredError. Throws TooManyRequestsError.
     */
    signIn: (trying: SignIn): Promise<IssuedTokens> =>
      known(trying, async (accountId) => {
        const membership = await chooseMembership(main, accountId, trying.tenant);
        await mfa.admit(accountId, trying.otp, mfaRequired && isPlatformRole(membership.role));
        return sessions.open(membership, trying);
      }),
    enrolMfa: (trying: Credentials): Promise<Enrolment> => known(trying, (id) => mfa.enrol(id, trying.login)),
    confirmMfa: (trying: Credentials & { readonly otp: string }): Promise<void> => known(trying, (id) => mfa.confirm(id, trying.otp)),
    removeMfa: (trying: Credentials & { readonly otp: string }): Promise<void> => known(trying, (id) => mfa.remove(id, trying.otp)),
    refresh: sessions.refresh,
    signOut: createSignOut({ sessions, breakGlass }),
    authenticate: sessions.authenticate,
    confirm: createConfirm({ redis, sessions: createSessionRows(main, clock), breakGlass: rows }),
    breakGlass,
    acceptInvitation: desk.acceptInvitation,
    resetPassword: resets.resetPassword,
    /** The codes of invitations' links; the same invitation always has the same one (until the vault's key is rotated; older ones stay good). */
    invitationTokens: (refs: readonly InvitationRef[]): Promise<string[]> => invitationTokens(vault, refs),
    async invitationToken(ref: InvitationRef): Promise<string> {
      const [token] = await invitationTokens(vault, [ref]);
      if (!token) throw new Error('One code was asked for and none came.');
      return token;
    },
    /** The public keys that verify access tokens. */
    publicJwks: tokens.publicJwks,
  };
}
