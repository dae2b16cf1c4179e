import { z } from 'zod';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../database.ts';
import { AccountMfa } from '../../models/account-mfa.ts';
import { Account } from '../../models/account.ts';
import { Membership } from '../../models/membership.ts';
import { Session } from '../../models/session.ts';
import { openRow } from '../../pii.ts';
import { type Asked, at, atOrNull, type Collector, inPages, recordKind, time, timeOrNull } from '../collector.ts';

/** What is the account's is sealed under its own key, in the platform tenant. */
const placeOf = (table: string, accountId: string, rowId: string) => ({ table, tenantId: platformTenantId, subjectId: accountId, rowId });

export const membershipsOf = ({ knex, subject: { tenantId, personId } }: Asked): Promise<Membership[]> =>
  inTenant(knex, tenantId, async (trx) => Membership.query(trx).where({ tenant_id: tenantId, person_id: personId }).orderBy('id'));

const account = recordKind({
  name: 'account',
  title: 'Your account',
  about:
    'What you sign in with. The password is kept as a hash that nobody can read back, and is left out; so is what your authenticator app shares with us.',
  schema: z.object({
    id: z.uuid(),
    login: z.string().nullable(),
    status: z.string(),
    suspendedReason: z.string().nullable(),
    hasPassword: z.boolean(),
    secondFactorSince: timeOrNull,
    timeZone: z.string(),
    locale: z.string(),
    createdAt: time,
    updatedAt: time,
  }),
  async *read({ knex, keyring, subject: { accountId } }) {
    const row = accountId ? await Account.query(knex).findById(accountId) : undefined;
    if (!row || !accountId) return;
    const mfa = await AccountMfa.query(knex).findById(accountId);
    const sealer = await keyring.sealer(platformTenantId, [accountId]);
    const place = placeOf(Account.tableName, accountId, accountId);
    const { login } = sealer.has(accountId) ? openRow(sealer, Account.pii, place, row) : {};
    yield {
      id: row.id,
      login: login ?? null,
      status: row.status,
      suspendedReason: row.suspended_reason,
      hasPassword: row.password_hash !== null,
      secondFactorSince: atOrNull(mfa?.confirmed_at ?? null),
      timeZone: row.time_zone,
      locale: row.locale,
      createdAt: at(row.created_at),
      updatedAt: at(row.updated_at),
    };
  },
});

const signIns = recordKind({
  name: 'sign-ins',
  title: 'Your sign-ins',
  about: 'Each time you signed in to this school: from which address, with which device, and when it ended.',
  schema: z.object({
    id: z.uuid(),
    ipAddress: z.string().nullable(),
    device: z.string().nullable(),
    signedInAt: time,
    expiresAt: time,
    endedAt: timeOrNull,
    endedBecause: z.string().nullable(),
  }),
  async *read(asked) {
    const { knex, keyring, asOf, subject } = asked;
    const { accountId } = subject;
    if (!accountId) return;
    const ids = (await membershipsOf(asked)).map(({ id }) => id);
    const sealer = await keyring.sealer(platformTenantId, [accountId]);
    const rows = inPages<Session>(async (after, limit) => {
      const page = Session.query(knex).where({ account_id: accountId }).whereIn('membership_id', ids).where('created_at', '<=', asOf);
      return (after ? page.where('id', '>', after.id) : page).orderBy('id').limit(limit);
    });
    for await (const row of rows) {
      const place = placeOf(Session.tableName, accountId, row.id);
      const opened = sealer.has(accountId) ? openRow(sealer, Session.pii, place, row) : {};
      yield {
        id: row.id,
        ipAddress: opened.ip_address ?? null,
        device: opened.device_id ?? null,
        signedInAt: at(row.created_at),
        expiresAt: at(row.expires_at),
        endedAt: atOrNull(row.revoked_at),
        endedBecause: row.revoked_reason,
      };
    }
  },
});

const memberships = recordKind({
  name: 'memberships',
  title: 'Your roles in the school',
  about: 'What your account may do here.',
  schema: z.object({ id: z.uuid(), role: z.string(), status: z.string(), createdAt: time, updatedAt: time }),
  async *read(asked) {
    for (const { id, role, status, created_at, updated_at } of await membershipsOf(asked))
      yield { id, role, status, createdAt: at(created_at), updatedAt: at(updated_at) };
  },
});

export const accounts: Collector = {
  place: 'accounts',
  tables: ['accounts', 'account_mfa', 'sessions', 'memberships'],
  kinds: [account, memberships, signIns],
};
