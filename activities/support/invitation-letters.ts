import type { Knex } from 'knex';
import { invitationMail } from '../../domain/mails.ts';
import { inTenant } from '../../platform/database.ts';
import { invitationTokens } from '../../platform/identity/invitation-token.ts';
import type { Keyring } from '../../platform/keyring.ts';
import type { Invitation } from '../../platform/models/invitation.ts';
import { Person } from '../../platform/models/person.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { nobodyObjects } from '../../platform/privacy/consents.ts';
import type { Vault } from '../../platform/vault.ts';

export interface LetterDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
  readonly vault: Pick<Vault, 'hmacBatch'>;
  /** Where the links in mails lead. */
  readonly publicUrl: string;
}
/** An invitation as it goes out: personal data in clear, so never stored, logged or returned from an activity. */
export interface Letter {
  readonly invitationId: string;
  readonly to: { readonly email: string; readonly name?: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What one activity sends: the rate of SendGrid's queue counts on it (workers/settings.ts). */
export const lettersAPage = 100;

/** The next page of a tenant's letters to send, oldest invitation first; none when all are sent. Throws KeyDestroyedError. */
export async function openLetters({ knex, keyring, vault, publicUrl }: LetterDeps, tenantId: string): Promise<Letter[]> {
  const { tenant, rows } = await inTenant(knex, tenantId, async (trx) => ({
    tenant: await Tenant.query(trx).findById(tenantId).throwIfNotFound(),
    rows: await pageOf(trx, tenantId),
  }));
  if (rows.length === 0) return [];
  const sealer = await keyring.sealer(
    tenantId,
    rows.map(({ person_id: id }) => id),
  );
  const tokens = await invitationTokens(
    vault,
    rows.map(({ id }) => ({ tenantId, invitationId: id })),
  );
  return rows.map(({ id, person_id: personId, role, expires_at: expiresAt, email, display_name: name, locale }, index) => {
    const open = (column: string, sealed: Buffer): string =>
      sealer.open(personId, { tenantId, table: Person.tableName, column, rowId: personId }, sealed);
    const displayName = name ? open('display_name', name) : undefined;
    const link = `${publicUrl}/invitations/accept#token=${tokens[index]}`;
    const words = {
      schoolName: tenant.name,
      displayName,
      role,
      link,
      expiresAt,
      locale: locale ?? tenant.locale,
      timeZone: tenant.time_zone,
    };
    const to = { email: open('email', email), ...(displayName ? { name: displayName } : {}) };
    return { invitationId: id, to, ...invitationMail(words) };
  });
}

type PageRow = Pick<Invitation, 'id' | 'person_id' | 'role' | 'expires_at'> & {
  readonly email: Buffer;
  readonly display_name: Buffer | null;
  readonly locale: string | null;
};

async function pageOf(trx: Knex.Transaction, tenantId: string): Promise<PageRow[]> {
  const rows = await trx('invitations as i')
    .join('people as p', (join) => join.on('p.tenant_id', 'i.tenant_id').andOn('p.id', 'i.person_id'))
    .where({ 'i.tenant_id': tenantId, 'i.status': 'pending' })
    .whereNull('i.sent_at')
    .whereNotNull('p.email')
    // Asked for each page: a run that began before somebody objected writes to them no more.
    .where(nobodyObjects(trx, 'invitation'))
    .whereNull('p.restricted_by')
    .orderBy('i.id')
    .limit(lettersAPage)
    .select('i.id', 'i.person_id', 'i.role', 'i.expires_at', 'p.email', 'p.display_name', 'p.locale');
  return rows as PageRow[];
}
