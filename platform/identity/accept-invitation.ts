import type { Knex } from 'knex';
import { AccountSuspendedError, BadCredentialsError, InvitationInvalidError } from '../../domain/errors.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { Account } from '../models/account.ts';
import { Invitation } from '../models/invitation.ts';
import { Membership } from '../models/membership.ts';
import { Person } from '../models/person.ts';
import { Tenant } from '../models/tenant.ts';
import { checkPassword, hashPassword, verifyPassword } from '../passwords.ts';
import { openRow, sealRow } from '../pii.ts';
import type { Vault } from '../vault.ts';
import { type AccountRow, type Accounts, insertMembership } from './accounts.ts';
import { takesSignIns } from './choose-membership.ts';
import { type InvitationRef, readInvitationToken } from './invitation-token.ts';

export interface AcceptDeps {
  readonly main: Knex;
  readonly keyring: Keyring;
  readonly vault: Pick<Vault, 'verifyHmac'>;
  readonly accounts: Accounts;
  readonly clock: () => Date;
}
export interface Acceptance {
  readonly token: string;
  /** A new account's password; for a login that has an account already, its present one. */
  readonly password: string;
  readonly displayName?: string | undefined;
  readonly requestId?: string | undefined;
}
export interface Accepted {
  readonly accountId: string;
  readonly tenantId: string;
  readonly membershipId: string;
}
interface Found {
  readonly invitation: Invitation;
  readonly login: string;
}
interface Joining extends Found {
  readonly account: AccountRow;
  readonly sealedName: { display_name?: Buffer | null };
  readonly requestId?: string | undefined;
}

/**
 * Turns an invitation into a membership of the account that has the person's e-mail (else `username@school`) as its login; makes the
 * account when there is none. Sent twice with the same password it answers the same. Throws InvitationInvalidError (unknown, expired,
 * withdrawn, used by somebody else), WeakPasswordError, BadCredentialsError (the login has an account with another password).
 */
export function createInvitationDesk({ main, keyring, vault, accounts, clock }: AcceptDeps) {
  /** The invitation and the login it leads to. Throws InvitationInvalidError unless it can be accepted or was. */
  async function find({ tenantId, invitationId }: InvitationRef): Promise<Found> {
    const { invitation, person, tenant } = await inTenant(main, tenantId, async (trx) => {
      const found = await Invitation.query(trx).findById(invitationId);
      const invited = found && (await Person.query(trx).findById(found.person_id));
      return { invitation: found, person: invited, tenant: await Tenant.query(trx).findById(tenantId) };
    });
    if (!invitation || person?.status !== 'active' || !tenant || !takesSignIns(tenant.status)) throw new InvitationInvalidError();
    if (invitation.status !== 'accepted' && !isOpen(invitation, clock())) throw new InvitationInvalidError();
    const sealer = await keyring.sealer(tenantId, [person.id]);
    if (!sealer.has(person.id)) throw new InvitationInvalidError();
    const place = { table: Person.tableName, tenantId, subjectId: person.id, rowId: person.id };
    const { email, username } = openRow(sealer, { email: 'email', username: 'name' }, place, person);
    const login = email ?? (username && `${username}@${tenant.slug}`);
    if (!login) throw new InvitationInvalidError();
    return { invitation, login };
  }

  /** The account's row as it is or is to be. Throws when the password does not fit it. */
  async function accountFor({ invitation, login }: Found, password: string): Promise<AccountRow> {
    const known = await accounts.findAccountByLogin(login);
    if (known?.password_hash) {
      if (!(await verifyPassword(known.password_hash, password)))
        throw invitation.status === 'accepted' ? new InvitationInvalidError() : new BadCredentialsError();
      if (known.status !== 'active') throw new AccountSuspendedError();
      return known;
    }
    if (invitation.status === 'accepted') throw new InvitationInvalidError();
    checkPassword(password, login);
    const password_hash = await hashPassword(password);
    if (known) return { id: known.id, login: known.login, password_hash };
    return accounts.rowOf({ accountId: await accounts.claimLogin(login, newId()), login }, password_hash);
  }

  async function sealName({ tenant_id, person_id }: Invitation, displayName: string | undefined): Promise<Joining['sealedName']> {
    if (displayName === undefined) return {};
    const sealer = await keyring.sealer(tenant_id, [person_id]);
    const place = { table: Person.tableName, tenantId: tenant_id, subjectId: person_id, rowId: person_id };
    return sealRow(sealer, { display_name: 'name' }, place, { display_name: displayName });
  }

  return {
    acceptInvitation: async ({ token, password, displayName, requestId }: Acceptance): Promise<Accepted> => {
      const ref = await readInvitationToken(vault, token);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const found = await find(ref);
        const account = await accountFor(found, password);
        const sealedName = await sealName(found.invitation, displayName);
        const accepted = await inTenant(main, ref.tenantId, (trx) => join(trx, { ...found, account, sealedName, requestId }, clock()));
        if (accepted) return accepted;
      }
      throw new InvitationInvalidError();
    },
  };
}

const isOpen = ({ status, expires_at }: Invitation, now: Date): boolean => (status === 'pending' || status === 'sent') && expires_at > now;

/** Account, membership and the invitation's end as one. Undefined when the account has changed meanwhile: look again. */
async function join(
  trx: Knex.Transaction,
  { invitation: { id, tenant_id }, account, sealedName, requestId }: Joining,
  now: Date,
): Promise<Accepted | undefined> {
  const invitation = await Invitation.query(trx).findById(id).forUpdate();
  if (!invitation) throw new InvitationInvalidError();
  const { person_id, role } = invitation;
  if (invitation.status === 'accepted') {
    // The other submission may have brought another password: only one that fits the account as it is now gets the same answer.
    const own = await Membership.query(trx).findOne({ tenant_id, account_id: account.id, role });
    return own && (await isAsRead(trx, account)) ? { accountId: account.id, tenantId: tenant_id, membershipId: own.id } : undefined;
  }
  if (!isOpen(invitation, now)) throw new InvitationInvalidError();

  await Account.query(trx).insert(account).onConflict('id').ignore();
  await Account.query(trx).findById(account.id).whereNull('password_hash').patch({ password_hash: account.password_hash });
  if (!(await isAsRead(trx, account))) return undefined;

  const membershipId = await insertMembership(trx, {
    membershipId: newId(),
    tenantId: tenant_id,
    accountId: account.id,
    role,
    personId: person_id,
    requestId,
  });
  await Invitation.query(trx).findById(id).patch({ status: 'accepted', accepted_at: now });
  if (sealedName.display_name) await Person.query(trx).findById(person_id).patch(sealedName);
  const act = {
    action: 'invitation.accept',
    objectType: 'invitation',
    objectId: id,
    before: invitation,
    after: { status: 'accepted', role, personId: person_id },
  };
  await audit(trx, { tenantId: tenant_id, actorId: account.id, requestId: requestId ?? null, ...act });
  return { accountId: account.id, tenantId: tenant_id, membershipId };
}

async function isAsRead(trx: Knex.Transaction, { id, password_hash }: AccountRow): Promise<boolean> {
  const stored = await Account.query(trx).findById(id).select('password_hash');
  return stored?.password_hash === password_hash;
}
