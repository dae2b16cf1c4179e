import type { Knex } from 'knex';
import type { RunContext } from '../domain/run.ts';
import { createAccounts } from '../platform/identity/accounts.ts';
import { isMailAddress } from '../platform/identity/password-reset.ts';
import type { Keyring } from '../platform/keyring.ts';
import { openInput } from './account.ts';

export interface PasswordResetDeps {
  readonly knex: Knex;
  readonly keyring: Keyring;
}

export const createPasswordResetActivities = ({ knex, keyring }: PasswordResetDeps) => ({
  /** Safe to retry: it only reads. Null when no active account with a password has the login, or no mail can reach it. */
  async findAccountToReset({ run }: { readonly run: RunContext }): Promise<{ accountId: string | null }> {
    const { login } = await openInput<{ login: string }>({ knex, keyring }, run);
    const account = await createAccounts({ main: knex, keyring }).findAccountByLogin(login);
    const may = account?.status === 'active' && account.password_hash !== null && isMailAddress(login);
    return { accountId: may ? account.id : null };
  },
});
export type PasswordResetActivities = ReturnType<typeof createPasswordResetActivities>;
