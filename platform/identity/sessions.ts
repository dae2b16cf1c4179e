import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { AccessLevel } from '../../domain/dunning/policy.ts';
import { SessionEndedError, UnauthenticatedError, UnavailableError } from '../../domain/errors.ts';
import { platformTenantId, type Role } from '../../domain/roles.ts';
import { asAccount } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { Membership } from '../models/membership.ts';
import { RefreshToken, Session } from '../models/session.ts';
import { sealRow } from '../pii.ts';
import type { Reading } from '../reading.ts';
import { newRefreshToken, refreshTokenHash, type Tokens } from '../tokens.ts';
import type { createBreakGlassRows } from './break-glass-rows.ts';
import { createSessionRows, type SessionIds } from './session-rows.ts';

export interface SessionsDeps {
  readonly main: Knex;
  readonly keyring: Keyring;
  readonly tokens: Tokens;
  readonly redis: Pick<Redis, 'set' | 'exists' | 'status'>;
  readonly breakGlass: Pick<ReturnType<typeof createBreakGlassRows>, 'inForce'>;
  readonly clock: () => Date;
}
/** Who a verified access token speaks for. Ids only. */
export interface SignedIn extends SessionIds {
  readonly role: Role;
  readonly personId?: string | undefined;
  /** Of platform staff who are in a school by break-glass: under which access. Membership and session are then the platform's. */
  readonly breakGlassId?: string | undefined;
  /** What the school can still do while it owes: `full` for platform staff, wherever they are. */
  readonly accessLevel: AccessLevel;
  readonly tokenId: string;
  readonly tokenExpiresAt: Date;
}
export interface IssuedTokens extends SessionIds {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds the access token lives. */
  readonly expiresIn: number;
}
export interface Device {
  readonly ip?: string | undefined;
  readonly device?: string | undefined;
}
const endedKey = (tokenId: string): string => `ended-token:${tokenId}`;
const graceMs = 60_000;

export interface Authenticating {
  /** Refuse while Redis cannot tell whether the token was signed out (default), or take the session's own row for an answer. */
  readonly failClosed?: boolean;
  /** What may be done in the same round trip to Redis, once it is known whose token it is. */
  readonly meanwhile?: (who: Pick<SessionIds, 'accountId' | 'tenantId'>) => Promise<void>;
  /** The reads of the request, of which this is the first. Its owner ends it. */
  readonly reading?: Reading;
}

/** Whether a token was signed out. While Redis is away: UnavailableError where that fails closed, else false. */
export async function isEnded(redis: SessionsDeps['redis'], tokenId: string, failClosed: boolean): Promise<boolean> {
  // An error is the connection's own, which has logged it: what counts is that there is no answer.
  const known = redis.status === 'ready' ? await redis.exists(endedKey(tokenId)).catch(() => undefined) : undefined;
  if (known !== undefined) return known > 0;
  if (failClosed) throw new UnavailableError('The list of ended sessions');
  return false; // the session's own row says the same, a little later in the request
}

/** Sessions: one sign-in of an account in one membership, a family of refresh tokens of which one is good at a time. */
export function createSessions({ main, keyring, tokens, redis, breakGlass, clock }: SessionsDeps) {
  const rows = createSessionRows(main, clock);
  const issue = (
    { accountId, tenantId, membershipId, sessionId }: SessionIds,
    role: Role,
  ): Promise<{ accessToken: string; expiresIn: number }> =>
    tokens.issue({ sub: accountId, tid: tenantId, mid: membershipId, sid: sessionId, role });

  async function sealDevice(
    { accountId, sessionId }: SessionIds,
    { ip, device }: Device,
  ): Promise<{ ip_address?: Buffer | null; device_id?: Buffer | null }> {
    const sealer = await keyring.sealer(platformTenantId, [accountId]);
    const place = { table: Session.tableName, tenantId: platformTenantId, subjectId: accountId, rowId: sessionId };
    return sealRow(sealer, Session.pii, place, { ip_address: ip, device_id: device });
  }

  /** The token's row and whose it is. Throws SessionEndedError when it was never made or is past its date. */
  async function find(refreshToken: string): Promise<{ token: RefreshToken; ids: SessionIds }> {
    const token = await RefreshToken.query(main).findOne({ token_hash: refreshTokenHash(refreshToken) });
    const session = token && (await Session.query(main).findById(token.session_id));
    if (!token || !session || token.expires_at <= clock()) throw new SessionEndedError();
    const { id: sessionId, account_id: accountId, membership_id: membershipId } = session;
    const membership = await asAccount(main, accountId, async (trx) => Membership.query(trx).findById(membershipId));
    if (!membership) throw new SessionEndedError();
    return { token, ids: { accountId, tenantId: membership.tenant_id, membershipId, sessionId } };
  }

  return {
    /** Opens a session of a membership. The address and the device are sealed under the account's key. */
    open: async ({ id, account_id, tenant_id, role }: Membership, device: Device): Promise<IssuedTokens> => {
      const ids = { accountId: account_id, tenantId: tenant_id, membershipId: id, sessionId: newId() };
      const access = await issue(ids, role); // first: when the vault is away, no session is left behind
      const refresh = newRefreshToken();
      await rows.insert(ids, await sealDevice(ids, device), refresh.hash);
      return { ...access, refreshToken: refresh.token, ...ids };
    },
    /**
     * Trades a refresh token for new tokens. A token presented a second time was stolen, from the client or by it: its session ends.
     * Throws SessionEndedError, TenantSuspendedError, or UnavailableError (the token stays good).
     */
    refresh: async (refreshToken: string): Promise<IssuedTokens> => {
      const { token, ids } = await find(refreshToken);
      const { role } = await rows.inForce(ids);
      const access = token.used_at ? undefined : await issue(ids, role);
      const next = newRefreshToken();
      if (access && (await rows.rotate(token, next.hash))) return { ...access, refreshToken: next.token, ...ids };
      await rows.revoke(ids, 'refresh-token-reused');
      throw new SessionEndedError();
    },
    /** Ends a session: its refresh tokens at once, this access token by Redis and the session's row. Idempotent. */
    end: async ({ tokenId, tokenExpiresAt, ...ids }: Omit<SignedIn, 'role' | 'personId' | 'accessLevel'>): Promise<void> => {
      await rows.revoke(ids, 'signed-out');
      const left = tokenExpiresAt.getTime() - clock().getTime();
      if (left > 0) await redis.set(endedKey(tokenId), '1', 'PX', left + graceMs);
    },
    /**
     * Who an access token speaks for, now. Throws UnauthenticatedError (bad token), SessionEndedError, TenantSuspendedError,
     * UnavailableError, and what `meanwhile` throws.
     */
    authenticate: async (accessToken: string, { failClosed = true, meanwhile, reading }: Authenticating = {}): Promise<SignedIn> => {
      if (!accessToken) throw new UnauthenticatedError();
      const { sub, tid, mid, sid, jti, bga, exp } = await tokens.verify(accessToken);
      const [ended] = await Promise.all([isEnded(redis, jti, failClosed), meanwhile?.({ accountId: sub, tenantId: tid })]);
      if (ended) throw new SessionEndedError();
      const ids = { accountId: sub, tenantId: tid, membershipId: mid, sessionId: sid };
      const inForce = bga ? breakGlass.inForce({ id: bga, tenantId: tid }, sub) : rows.inForce(ids, reading);
      const { role, person_id, access_level: accessLevel } = await inForce;
      const who = { ...ids, role, accessLevel, ...(person_id ? { personId: person_id } : {}), ...(bga ? { breakGlassId: bga } : {}) };
      return { ...who, tokenId: jti, tokenExpiresAt: new Date(exp * 1000) };
    },
  };
}
