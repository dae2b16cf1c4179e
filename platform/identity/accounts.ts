import type { Knex } from 'knex';
import { LoginTakenError } from '../../domain/errors.ts';
import { platformTenantId, type Role } from '../../domain/roles.ts';
import { hmacKey } from '../blind-index.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { Account } from '../models/account.ts';
import { Membership } from '../models/membership.ts';
import { checkPassword, hashPassword } from '../passwords.ts';
import { sealRow } from '../pii.ts';

export interface NewAccount {
  readonly accountId: string;
  /** An e-mail address, or `username@school-slug`. */
  readonly login: string;
  /** Without one nobody can sign in until an invitation sets it. */
  readonly password?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly locale?: string | undefined;
}
export interface NewMembership {
  readonly membershipId: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly role: Role;
  readonly personId?: string | undefined;
  readonly requestId?: string | undefined;
}
export interface AccountRow {
  readonly id: string;
  readonly login?: Buffer | null;
  readonly password_hash: string | null;
  readonly time_zone?: string;
  readonly locale?: string;
}
export type Accounts = ReturnType<typeof createAccounts>;

/** Accounts and their memberships. An account's data is sealed under its own key, in the platform tenant. */
export function createAccounts({ main, keyring }: { readonly main: Knex; readonly keyring: Keyring }) {
  const idOf = async (login: string): Promise<string | undefined> => {
    const index = await keyring.blindIndex(platformTenantId);
    const hmac = index.hmac('login', login);
    return (await index.find('login', [hmac])).get(hmacKey(hmac))?.subjectId;
  };

  /** Binds a login to an account id and gives that id its key. Returns the id that has the login: an earlier claim wins. */
  async function claimLogin(login: string, accountId: string): Promise<string> {
    const index = await keyring.blindIndex(platformTenantId);
    const hmac = index.hmac('login', login);
    const holder = (await index.put('login', [{ hmac, subjectId: accountId }])).get(hmacKey(hmac))?.subjectId ?? accountId;
    await keyring.createSubjectKeys(platformTenantId, [holder]);
    return holder;
  }

  /** The row of a new account, its login sealed. Its key must exist. */
  async function rowOf({ accountId, login, timeZone, locale }: NewAccount, passwordHash: string | null): Promise<AccountRow> {
    const sealer = await keyring.sealer(platformTenantId, [accountId]);
    const place = { table: Account.tableName, tenantId: platformTenantId, subjectId: accountId, rowId: accountId };
    return {
      id: accountId,
      password_hash: passwordHash,
      ...sealRow(sealer, Account.pii, place, { login }),
      ...(timeZone ? { time_zone: timeZone } : {}),
      ...(locale ? { locale } : {}),
    };
  }

  return {
    claimLogin,
    rowOf,
    /** The account that has this login, whatever its case and surrounding blanks; undefined when none has. */
    findAccountByLogin: async (login: string): Promise<Account | undefined> => {
      const accountId = await idOf(login);
      return accountId ? Account.query(main).findById(accountId) : undefined;
    },
    /** Makes an account. Idempotent by id. Throws LoginTakenError when another account has the login, WeakPasswordError. */
    createAccount: async (account: NewAccount): Promise<void> => {
      const { accountId, login, password } = account;
      if (password !== undefined) checkPassword(password, login);
      if ((await claimLogin(login, accountId)) !== accountId) throw new LoginTakenError();
      const row = await rowOf(account, password === undefined ? null : await hashPassword(password));
      await inTenant(main, platformTenantId, (trx) => insertAccount(trx, row));
    },
    /** Joins an account to a tenant with a role. Idempotent: the same account and role there is the same membership. Returns its id. */
    ensureMembership: (membership: NewMembership): Promise<string> =>
      inTenant(main, membership.tenantId, (trx) => insertMembership(trx, membership)),
  };
}

/** Inserts an account unless it is there. Accounts are the platform's: so is the record of their making. */
async function insertAccount(trx: Knex.Transaction, row: AccountRow): Promise<void> {
  const made: unknown[] = await trx(Account.tableName).insert(row).onConflict('id').ignore().returning('id');
  if (made.length === 0) return;
  const act = { action: 'account.create', objectType: 'account', objectId: row.id } as const;
  await audit(trx, { tenantId: platformTenantId, actorId: null, ...act });
}

/** Inserts a membership unless the account has the role already; returns the id of the one that is there. */
export async function insertMembership(trx: Knex.Transaction, membership: NewMembership): Promise<string> {
  const { membershipId, tenantId, accountId, role, personId } = membership;
  const natural = { tenant_id: tenantId, account_id: accountId, role };
  const row = { id: membershipId, ...natural, person_id: personId ?? null };
  const made: unknown[] = await trx(Membership.tableName).insert(row).onConflict().ignore().returning('id');
  if (made.length === 0) return (await Membership.query(trx).findOne(natural).select('id').throwIfNotFound()).id;
  await audit(trx, {
    tenantId,
    actorId: accountId,
    action: 'membership.grant',
    objectType: 'membership',
    objectId: membershipId,
    requestId: membership.requestId ?? null,
    after: row,
  });
  return membershipId;
}
