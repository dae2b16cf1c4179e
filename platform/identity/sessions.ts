import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { SessionEndedError, TenantSuspendedError, UnauthenticatedError } from '../../domain/errors.ts';
import { platformTenantId, type Role } from '../../domain/roles.ts';
import type { TenantStatus } from '../../domain/tenant.ts';
import { audit } from '../audit.ts';
import { asAccount, inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { Membership } from '../models/membership.ts';
import { RefreshToken, Session } from '../models/session.ts';
import { TenantSettings } from '../models/tenant.ts';
import { sealRow } from '../pii.ts';
import { queryRows } from '../query-rows.ts';
import { newRefreshToken, refreshTokenHash, type Tokens } from '../tokens.ts';
import { takesSignIns } from './choose-membership.ts';

export interface SessionsDeps {
  readonly main: Knex;
  readonly keyring: Keyring;
  readonly tokens: Tokens;
  readonly redis: Pick<Redis, 'set' | 'exists' | 'status'>;
  readonly clock: () => Date;
}
/** Who a verified access token speaks for. Ids only. */
export interface SignedIn {
  readonly accountId: string;
  readonly tenantId: string;
  readonly membershipId: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly personId?: string | undefined;
  readonly tokenId: string;
  readonly tokenExpiresAt: Date;
}
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds the access token lives. */
  readonly expiresIn: number;
}
export interface Device {
  readonly ip?: string | undefined;
  readonly device?: string | undefined;
}
interface State {
  readonly revoked_at: Date | null;
  readonly expires_at: Date;
  readonly account_status: string;
  readonly membership_status: string;
  readonly role: Role;
  readonly person_id: string | null;
  readonly tenant_status: TenantStatus;
}
interface Ids {
  readonly accountId: string;
  readonly tenantId: string;
  readonly membershipId: string;
  readonly sessionId: string;
}
const recordOf = ({ tenantId, accountId, sessionId }: Omit<Ids, 'membershipId'>, action: string) =>
  ({ tenantId, actorId: accountId, action, objectType: 'session', objectId: sessionId }) as const;
const endedKey = (tokenId: string): string => `ended-token:${tokenId}`;
const stateSql = `
  select s.revoked_at, s.expires_at, a.status as account_status, m.status as membership_status, m.role, m.person_id, t.status as tenant_status
  from sessions s join accounts a on a.id = s.account_id join memberships m on m.id = s.membership_id join tenants t on t.id = m.tenant_id
  where s.id = ? and s.account_id = ? and m.id = ? and t.id = ?`;

/** Sessions: one sign-in of an account in one membership, a family of refresh tokens of which one is good at a time. */
export function createSessions({ main, keyring, tokens, redis, clock }: SessionsDeps) {
  /** What the database says of a session now. Throws SessionEndedError or TenantSuspendedError when it is no longer in force. */
  async function inForce({ sessionId, accountId, membershipId, tenantId }: Ids): Promise<State> {
    const [state] = await inTenant(main, tenantId, (trx) =>
      queryRows<State>(trx, stateSql, [sessionId, accountId, membershipId, tenantId]),
    );
    if (!state || state.revoked_at || state.expires_at <= clock()) throw new SessionEndedError();
    if (state.account_status !== 'active' || state.membership_status !== 'active') throw new SessionEndedError();
    if (state.tenant_status === 'suspended') throw new TenantSuspendedError();
    if (!takesSignIns(state.tenant_status)) throw new SessionEndedError();
    return state;
  }
  const issue = ({ accountId, tenantId, membershipId, sessionId }: Ids, role: Role): Promise<{ accessToken: string; expiresIn: number }> =>
    tokens.issue({ sub: accountId, tid: tenantId, mid: membershipId, sid: sessionId, role });

  const revoke = ({ sessionId, tenantId, accountId }: Omit<Ids, 'membershipId'>, reason: string): Promise<void> =>
    inTenant(main, tenantId, async (trx) => {
      const ended = await Session.query(trx)
        .where({ id: sessionId, revoked_at: null })
        .patch({ revoked_at: clock(), revoked_reason: reason });
      if (ended > 0) await audit(trx, { ...recordOf({ sessionId, tenantId, accountId }, 'session.end'), after: { reason } });
    });

  /** Trades a token for a new one. Resolves to false when it was traded before, or its session has ended meanwhile. */
  const rotate = ({ id, session_id, expires_at }: RefreshToken, next: Buffer): Promise<boolean> =>
    main.transaction(async (trx) => {
      const session = await Session.query(trx).findById(session_id).forUpdate();
      if (!session || session.revoked_at) return false;
      if ((await RefreshToken.query(trx).where({ id, used_at: null }).patch({ used_at: clock() })) === 0) return false;
      await RefreshToken.query(trx).insert({ id: newId(), session_id, token_hash: next, expires_at });
      return true;
    });

  return {
    /** Opens a session of a membership. The address and the device are sealed under the account's key. */
    async open(membership: Membership, { ip, device }: Device): Promise<IssuedTokens & Ids> {
      const ids = { accountId: membership.account_id, tenantId: membership.tenant_id, membershipId: membership.id, sessionId: newId() };
      const access = await issue(ids, membership.role); // first: when the vault is away, no session is left behind
      const sealer = await keyring.sealer(platformTenantId, [ids.accountId]);
      const place = { table: Session.tableName, tenantId: platformTenantId, subjectId: ids.accountId, rowId: ids.sessionId };
      const personal = sealRow(sealer, Session.pii, place, { ip_address: ip, device_id: device });
      const refresh = newRefreshToken();
      await inTenant(main, ids.tenantId, async (trx) => {
        const settings = await TenantSettings.query(trx).findById(ids.tenantId);
        const expires_at = new Date(clock().getTime() + (settings?.session_hours ?? 24) * 3_600_000);
        await Session.query(trx).insert({
          id: ids.sessionId,
          account_id: ids.accountId,
          membership_id: ids.membershipId,
          expires_at,
          ...personal,
        });
        await RefreshToken.query(trx).insert({ id: newId(), session_id: ids.sessionId, token_hash: refresh.hash, expires_at });
        await audit(trx, recordOf(ids, 'session.open'));
      });
      return { ...access, refreshToken: refresh.token, ...ids };
    },
    /**
     * Trades a refresh token for new tokens. A token presented a second time was stolen, from the client or by it: its session ends.
     * Throws SessionEndedError, TenantSuspendedError, or UnavailableError (the token stays good).
     */
    async refresh(refreshToken: string): Promise<IssuedTokens & Ids> {
      const token = await RefreshToken.query(main).findOne({ token_hash: refreshTokenHash(refreshToken) });
      const session = token && (await Session.query(main).findById(token.session_id));
      if (!token || !session || token.expires_at <= clock()) throw new SessionEndedError();
      const accountId = session.account_id;
      const membership = await asAccount(main, accountId, async (trx) => Membership.query(trx).findById(session.membership_id));
      if (!membership) throw new SessionEndedError();
      const ids = { accountId, tenantId: membership.tenant_id, membershipId: membership.id, sessionId: session.id };
      const { role } = await inForce(ids);
      const access = token.used_at ? undefined : await issue(ids, role);
      const next = newRefreshToken();
      if (!access || !(await rotate(token, next.hash))) {
        await revoke(ids, 'refresh-token-reused');
        throw new SessionEndedError();
      }
      return { ...access, refreshToken: next.token, ...ids };
    },
    /** Ends a session: its refresh tokens at once, this access token by Redis and the session's row. Idempotent. */
    async end({ tokenId, tokenExpiresAt, ...ids }: Omit<SignedIn, 'membershipId' | 'role' | 'personId'>): Promise<void> {
      await revoke(ids, 'signed-out');
      const left = tokenExpiresAt.getTime() - clock().getTime();
      if (left > 0) await redis.set(endedKey(tokenId), '1', 'PX', left + 60_000);
    },
    /** Who an access token speaks for, now. Throws UnauthenticatedError (bad token), SessionEndedError, TenantSuspendedError. */
    async authenticate(accessToken: string): Promise<SignedIn> {
      if (!accessToken) throw new UnauthenticatedError();
      const { sub, tid, mid, sid, jti, exp } = await tokens.verify(accessToken);
      // While Redis is away the session's own row says the same, a little later in the request.
      if (redis.status === 'ready' && (await redis.exists(endedKey(jti)))) throw new SessionEndedError();
      const ids = { accountId: sub, tenantId: tid, membershipId: mid, sessionId: sid };
      const { role, person_id } = await inForce(ids);
      return { ...ids, role, ...(person_id ? { personId: person_id } : {}), tokenId: jti, tokenExpiresAt: new Date(exp * 1000) };
    },
  };
}
