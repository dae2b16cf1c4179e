import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import { audit } from './audit.ts';
import { inTenant } from './database.ts';
import { createAccounts } from './identity/accounts.ts';
import { newId } from './ids.ts';
import type { Keyring } from './keyring.ts';
import { Account } from './models/account.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

/** Makes the account people try the platform with, `super_admin` of the platform tenant, and sees that the password is this one. Safe to repeat. */
export async function ensureDemoAccount(deps: { main: Knex; keyring: Keyring }, login: string, password: string): Promise<void> {
  const accounts = createAccounts(deps);
  const known = await accounts.findAccountByLogin(login);
  // A run killed after its claim left a login without an account: the id it claimed goes on.
  const accountId = known?.id ?? (await accounts.claimLogin(login, newId()));
  if (known) await changePassword(deps.main, known, password);
  else await accounts.createAccount({ accountId, login, password });
  await accounts.ensureMembership({ membershipId: newId(), tenantId: platformTenantId, accountId, role: 'super_admin' });
}

async function changePassword(main: Knex, { id, password_hash }: Account, password: string): Promise<void> {
  if (await verifyPassword(password_hash, password)) return;
  const hash = await hashPassword(password);
  await inTenant(main, platformTenantId, async (trx) => {
    await Account.query(trx).findById(id).patch({ password_hash: hash });
    await audit(trx, { tenantId: platformTenantId, actorId: null, action: 'account.set-password', objectType: 'account', objectId: id });
  });
}
