import type { Knex } from 'knex';
import { newId } from '../platform/ids.ts';
import { inTenant } from '../platform/database.ts';
import { Invitation } from '../platform/models/invitation.ts';
import { Person } from '../platform/models/person.ts';
import { TenantSettings } from '../platform/models/tenant.ts';
import { tenantRoles, type TenantRole } from '../domain/roles.ts';
import { beat } from './support/heartbeat.ts';

export interface InvitationDeps {
  readonly knex: Knex;
}
interface OfTenant {
  readonly tenantId: string;
}
const dayMs = 86_400_000;
const pageSize = 500;
/** Who works at a school; students and guardians come in by other ways. The first of a person's roles is the one they are invited to. */
const staffRoles: readonly TenantRole[] = tenantRoles.filter((role) => role !== 'guardian' && role !== 'student');

export const createInvitationActivities = ({ knex }: InvitationDeps) => ({
  /** Safe to retry: a person has one invitation a role, and those that have one are passed over. Makes those of the staff with an e-mail address. */
  async inviteStaff({ tenantId, runId }: OfTenant & { readonly runId: string }): Promise<void> {
    const { invitation_days: days } = await inTenant(knex, tenantId, async (trx) =>
      TenantSettings.query(trx).findById(tenantId).throwIfNotFound(),
    );
    const expiresAt = new Date(Date.now() + days * dayMs);
    for (let invited = 0, made = pageSize; made === pageSize; invited += made) {
      beat({ position: invited, detail: `${invited} invitations prepared` });
      made = await invitePage(knex, { tenantId, runId, expiresAt });
    }
  },
  /** Safe to retry, and when there are none. A mail that went out stays out; its link opens nothing any more. */
  async revokeInvitations({ tenantId }: OfTenant): Promise<void> {
    await inTenant(knex, tenantId, async (trx) =>
      Invitation.query(trx).where({ tenant_id: tenantId, status: 'pending' }).patch({ status: 'revoked' }),
    );
  },
});
export type InvitationActivities = ReturnType<typeof createInvitationActivities>;

interface Inviting extends OfTenant {
  readonly runId: string;
  readonly expiresAt: Date;
}

/** Invites up to a page of staff who have no invitation yet; resolves to how many. */
async function invitePage(knex: Knex, { tenantId, runId, expiresAt }: Inviting): Promise<number> {
  return inTenant(knex, tenantId, async (trx) => {
    const invited = Invitation.query(trx).where({ tenant_id: tenantId }).select('person_id');
    const staff = await Person.query(trx)
      .where({ tenant_id: tenantId, status: 'active' })
      .whereNotNull('email')
      .whereRaw('roles && ?::text[]', [[...staffRoles]])
      .whereNotIn('id', invited)
      .orderBy('id')
      .limit(pageSize)
      .select('id', 'roles');
    const rows = staff.map(({ id, roles }) => ({
      id: newId(),
      tenant_id: tenantId,
      person_id: id,
      role: staffRoles.find((role) => roles.includes(role)) ?? 'teacher',
      run_id: runId,
      expires_at: expiresAt,
    }));
    if (rows.length > 0) await Invitation.query(trx).insert(rows).onConflict(['tenant_id', 'person_id', 'role']).ignore();
    return rows.length;
  });
}
