import type { Knex } from 'knex';
import type { BreakGlassEnd, BreakGlassRole } from '../../domain/break-glass.ts';
import { NotFoundError, SessionEndedError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import type { TenantStatus } from '../../domain/tenant.ts';
import { auditInBoth } from '../audit.ts';
import { inPlatform, inTenant } from '../database.ts';
import { BreakGlassAccess } from '../models/break-glass-access.ts';
import { queryRows } from '../query-rows.ts';
import { takesSignIns } from './choose-membership.ts';

/** An access and what it stands on, as they are now. */
interface State {
  readonly id: string;
  readonly tenant_id: string;
  readonly role: BreakGlassRole;
  readonly opened_as: string;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly account_status: string | null;
  readonly session_expires_at: Date | null;
  readonly session_revoked_at: Date | null;
  readonly membership_status: string | null;
  readonly membership_role: string | null;
  readonly tenant_status: TenantStatus;
}
export interface AccessIds {
  readonly id: string;
  readonly tenantId: string;
}
export interface Ending {
  /** Null when nobody ended it. */
  readonly by: string | null;
  readonly reason: BreakGlassEnd;
  readonly requestId?: string | null;
}

/** A request under an access. */
export interface Use {
  readonly accountId: string;
  readonly requestId: string;
  readonly seen: { readonly object: string; readonly id: string | null };
}

const stateSql = `
  select g.id, g.tenant_id, g.role, g.opened_as, g.expires_at, g.ended_at, a.status as account_status,
    s.expires_at as session_expires_at, s.revoked_at as session_revoked_at,
    m.status as membership_status, m.role as membership_role, t.status as tenant_status
  from break_glass_accesses g join tenants t on t.id = g.tenant_id left join accounts a on a.id = g.account_id
    left join sessions s on s.id = g.session_id and s.account_id = g.account_id
    left join memberships m on m.id = s.membership_id and m.account_id = g.account_id
  where `;

/** Why an access is no longer in force; undefined while it is. */
function endOf(state: State, now: Date): BreakGlassEnd | undefined {
  if (state.expires_at <= now) return 'expired';
  if (state.account_status !== 'active') return 'account-suspended';
  if (!state.session_expires_at || state.session_revoked_at || state.session_expires_at <= now) return 'session-ended';
  if (state.membership_status !== 'active' || state.membership_role !== state.opened_as) return 'role-lost';
  return takesSignIns(state.tenant_status) ? undefined : 'school-closed';
}

interface Entry extends AccessIds {
  readonly action: 'open' | 'use' | 'end';
  readonly actorId: string | null;
  readonly requestId: string | null;
  /** What was looked at; the access itself when it was opened or ended. */
  readonly seen?: { readonly object: string; readonly id: string | null };
  readonly after?: object;
}

/** Every entry stands in both logs: in the school's it names what was looked at, in the platform's the access alone. */
function record(trx: Knex.Transaction, { id, tenantId, action, seen, ...entry }: Entry): Promise<void> {
  const access = { objectType: 'break-glass', objectId: id };
  const object = seen ? { objectType: seen.object, objectId: seen.id } : access;
  return auditInBoth(trx, { ...entry, ...object, tenantId, action: `break-glass.${action}`, onBehalfOf: id }, access);
}

/** Ends an access in a transaction of its school. False when it has ended before. */
async function end(
  trx: Knex.Transaction,
  { id, tenantId }: AccessIds,
  at: Date,
  { by, reason, requestId = null }: Ending,
): Promise<boolean> {
  const row = { ended_at: at, ended_by: by, end_reason: reason };
  const changed = await BreakGlassAccess.query(trx).where({ tenant_id: tenantId, id }).whereNull('ended_at').patch(row);
  if (changed > 0) await record(trx, { id, tenantId, action: 'end', actorId: by, requestId, after: row });
  return changed > 0;
}

type NewAccess = Pick<BreakGlassAccess, 'id' | 'tenant_id' | 'account_id'> & Partial<BreakGlassAccess>;

/**
 * Accesses as rows. Whether one is in force is asked in the platform's scope, which alone sees accesses, the staff's memberships and the
 * schools together. What has ended by itself is written down as soon as anybody looks at it.
 */
export const createBreakGlassRows = (main: Knex, clock: () => Date) => {
  const ask = (conditions: string, ids: readonly string[]): Promise<State[]> =>
    inPlatform(main, (trx) => queryRows<State>(trx, `${stateSql} ${conditions}`, ids));
  const endAt = (ids: AccessIds, at: Date, ending: Ending): Promise<boolean> =>
    inTenant(main, ids.tenantId, (trx) => end(trx, ids, at, ending));

  /** Writes down the end of an access that is over. Resolves to whether it is. */
  async function settle(state: State): Promise<boolean> {
    if (state.ended_at) return true;
    const now = clock();
    const reason = endOf(state, now);
    if (!reason) return false;
    await endAt({ id: state.id, tenantId: state.tenant_id }, reason === 'expired' ? state.expires_at : now, { by: null, reason });
    return true;
  }

  return {
    insert: (row: NewAccess, requestId: string): Promise<BreakGlassAccess> =>
      inTenant(main, row.tenant_id, async (trx) => {
        const { id, tenant_id: tenantId, account_id: actorId } = row;
        const made = await BreakGlassAccess.query(trx).insertAndFetch(row);
        await record(trx, { id, tenantId, action: 'open', actorId, requestId, after: made });
        return made;
      }),
    /** An access as it is seen from a tenant: any from the platform's, else those to it. Throws NotFoundError. */
    find: async (tenantId: string, id: string): Promise<BreakGlassAccess> => {
      const read = async (trx: Knex.Transaction) => BreakGlassAccess.query(trx).findOne({ id });
      const access = await (tenantId === platformTenantId ? inPlatform(main, read) : inTenant(main, tenantId, read));
      if (!access) throw new NotFoundError('access');
      return access;
    },
    /** What an access lets do now. Throws SessionEndedError when it is no longer in force, or is not this account's in this school. */
    inForce: async (
      { id, tenantId }: AccessIds,
      accountId: string,
    ): Promise<{ role: BreakGlassRole; person_id: null; access_level: 'full' }> => {
      const [state] = await ask('g.tenant_id = ? and g.id = ? and g.account_id = ?', [tenantId, id, accountId]);
      if (!state || (await settle(state))) throw new SessionEndedError();
      return { role: state.role, person_id: null, access_level: 'full' };
    },
    /** Writes down what is looked at under an access. */
    use: ({ id, tenantId }: AccessIds, { accountId: actorId, requestId, seen }: Use): Promise<void> =>
      inTenant(main, tenantId, (trx) => record(trx, { id, tenantId, action: 'use', actorId, requestId, seen })),
    /** Ends an access now. One that has ended before is left as it is. */
    end: (ids: AccessIds, ending: Ending): Promise<boolean> => endAt(ids, clock(), ending),
    /** Writes down what has ended by itself: to a school, of an account, or of all. */
    settleAll: async ({ tenantId, accountId }: { readonly tenantId?: string; readonly accountId?: string } = {}): Promise<void> => {
      const conditions = ['g.ended_at is null', ...(tenantId ? ['g.tenant_id = ?'] : []), ...(accountId ? ['g.account_id = ?'] : [])];
      const open = await ask(
        conditions.join(' and '),
        [tenantId, accountId].filter((id) => id !== undefined),
      );
      for (const state of open) await settle(state);
    },
  };
};

/** Ends every access to a school, in a transaction of the school that shuts its doors. */
export async function endAccessesTo(trx: Knex.Transaction, tenantId: string, ending: Ending): Promise<void> {
  const open = await BreakGlassAccess.query(trx).where({ tenant_id: tenantId }).whereNull('ended_at').select('id');
  const [now] = await queryRows<{ at: Date }>(trx, 'select now() as at', []);
  for (const { id } of open) if (now) await end(trx, { id, tenantId }, now.at, ending);
}
