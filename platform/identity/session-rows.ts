import type { Knex } from 'knex';
import type { AccessLevel } from '../../domain/dunning/policy.ts';
import { SessionEndedError, TenantSuspendedError } from '../../domain/errors.ts';
import type { Role } from '../../domain/roles.ts';
import type { TenantStatus } from '../../domain/tenant.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import { RefreshToken, Session } from '../models/session.ts';
import { TenantSettings } from '../models/tenant.ts';
import { createReading, type Reading } from '../reading.ts';
import { takesSignIns } from './choose-membership.ts';

/** Whose session it is, and where. */
export interface SessionIds {
  readonly accountId: string;
  readonly tenantId: string;
  readonly membershipId: string;
  readonly sessionId: string;
}
interface State {
  readonly revoked_at: Date | null;
  readonly expires_at: Date;
  readonly account_status: string;
  readonly membership_status: string;
  readonly role: Role;
  readonly person_id: string | null;
  readonly tenant_status: TenantStatus;
  readonly access_level: AccessLevel;
}
interface SealedDevice {
  readonly ip_address?: Buffer | null;
  readonly device_id?: Buffer | null;
}
const hourMs = 3_600_000;
const fallbackHours = 24;

const stateSql = `
  select s.revoked_at, s.expires_at, a.status as account_status, m.status as membership_status, m.role, m.person_id, t.status as tenant_status, t.access_level
  from sessions s join accounts a on a.id = s.account_id join memberships m on m.id = s.membership_id join tenants t on t.id = m.tenant_id
  where s.id = $1 and s.account_id = $2 and m.id = $3 and t.id = $4`;

const recordOf = ({ tenantId, accountId, sessionId }: SessionIds, action: string) =>
  ({ tenantId, actorId: accountId, action, objectType: 'session', objectId: sessionId }) as const;

/** Sessions and refresh tokens as rows. The database is the authority on what is in force: every request asks it, by one small query. */
export const createSessionRows = (main: Knex, clock: () => Date) => ({
  /**
   * What is so of a session now. Throws SessionEndedError or TenantSuspendedError when it is no longer in force.
   * @param reading where the request goes on to read: its owner ends it
   */
  inForce: async ({ sessionId, accountId, membershipId, tenantId }: SessionIds, reading?: Reading): Promise<State> => {
    const asked = { text: stateSql, values: [sessionId, accountId, membershipId, tenantId], name: 'session-in-force' };
    const own = reading ?? createReading(main);
    const [state] = await own.first<State>(tenantId, asked).finally(() => reading ?? own.end());
    if (!state || state.revoked_at || state.expires_at <= clock()) throw new SessionEndedError();
    if (state.account_status !== 'active' || state.membership_status !== 'active') throw new SessionEndedError();
    if (state.tenant_status === 'suspended') throw new TenantSuspendedError();
    if (!takesSignIns(state.tenant_status)) throw new SessionEndedError();
    return state;
  },
  /** A new session with its first refresh token, for as long as the tenant's settings say. */
  insert: (ids: SessionIds, device: SealedDevice, tokenHash: Buffer): Promise<void> =>
    inTenant(main, ids.tenantId, async (trx) => {
      const settings = await TenantSettings.query(trx).findById(ids.tenantId);
      const expires_at = new Date(clock().getTime() + (settings?.session_hours ?? fallbackHours) * hourMs);
      const session = { id: ids.sessionId, account_id: ids.accountId, membership_id: ids.membershipId, expires_at };
      await Session.query(trx).insert({ ...session, ...device });
      await RefreshToken.query(trx).insert({ id: newId(), session_id: ids.sessionId, token_hash: tokenHash, expires_at });
      await audit(trx, recordOf(ids, 'session.open'));
    }),
  /** Trades a refresh token for the next. Resolves to false when it was traded before, or its session has ended meanwhile. */
  rotate: ({ id, session_id, expires_at }: RefreshToken, nextHash: Buffer): Promise<boolean> =>
    main.transaction(async (trx) => {
      const session = await Session.query(trx).findById(session_id).forUpdate();
      if (!session || session.revoked_at) return false;
      const used = await RefreshToken.query(trx).where({ id, used_at: null }).patch({ used_at: clock() });
      if (used === 0) return false;
      await RefreshToken.query(trx).insert({ id: newId(), session_id, token_hash: nextHash, expires_at });
      return true;
    }),
  revoke: (ids: SessionIds, reason: string): Promise<void> =>
    inTenant(main, ids.tenantId, async (trx) => {
      const end = { revoked_at: clock(), revoked_reason: reason };
      const ended = await Session.query(trx).where({ id: ids.sessionId, revoked_at: null }).patch(end);
      if (ended > 0) await audit(trx, { ...recordOf(ids, 'session.end'), after: { reason } });
    }),
});
