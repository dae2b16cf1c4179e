import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { parse } from 'uuid';
import { PasswordResetInvalidError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { Account } from '../models/account.ts';
import { Session } from '../models/session.ts';
import { checkPassword, hashPassword } from '../passwords.ts';
import { openRow } from '../pii.ts';
import type { Vault } from '../vault.ts';
import { idOfBytes } from './invitation-token.ts';

export interface ResetRef {
  readonly accountId: string;
  readonly expiresAt: Date;
  /** The one the account has when the token is made: with any other the token is void. */
  readonly passwordHash: string;
}
export interface NewPassword {
  readonly token: string;
  readonly password: string;
  readonly requestId?: string | undefined;
}
const keyName = 'password-resets';
const hmacPattern = /^vault:v(\d+):([A-Za-z0-9+/]+=*)$/;
const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);
const inputOf = (accountId: string, expires: number, passwordHash: string): string =>
  `${accountId}|${expires}|${createHash('sha256').update(passwordHash).digest('hex')}`;

/** Whether a mail can be sent to a login: `username@school` has no domain. */
export const isMailAddress = (login: string): boolean => /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/.test(login.trim());

/**
 * The code in a reset's link: base64url of key version (2 bytes), account id, expiry (seconds since 1970, 4 bytes), HMAC-SHA256 over these
 * and the present password's hash. Nothing of it is stored: a retried activity makes the same link, and a changed password voids it.
 */
export async function passwordResetToken(
  vault: Pick<Vault, 'hmacBatch'>,
  { accountId, expiresAt, passwordHash }: ResetRef,
): Promise<string> {
  const [hmac = ''] = await vault.hmacBatch(keyName, [inputOf(accountId, secondsOf(expiresAt), passwordHash)]);
  const [, version, mac] = hmacPattern.exec(hmac) ?? [];
  if (!version || !mac) throw new Error('The vault answered no HMAC.');
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(Number(version));
  numbers.writeUInt32BE(secondsOf(expiresAt), 2);
  return Buffer.concat([numbers, parse(accountId), Buffer.from(mac, 'base64')]).toString('base64url');
}

/** The login of an account in clear; undefined when its key is gone. */
export async function loginOf(keyring: Pick<Keyring, 'sealer'>, { id, login }: Account): Promise<string | undefined> {
  const sealer = await keyring.sealer(platformTenantId, [id]);
  const place = { table: Account.tableName, tenantId: platformTenantId, subjectId: id, rowId: id };
  return sealer.has(id) ? (openRow(sealer, { login: 'email' }, place, { login }).login ?? undefined) : undefined;
}

export interface ResetDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly vault: Pick<Vault, 'verifyHmac'>;
  readonly clock: () => Date;
}

export function createPasswordResetDesk({ main, keyring, vault, clock }: ResetDeps) {
  /** The account a code is for. Throws PasswordResetInvalidError for a code that was not made, was used, or is too old. */
  async function accountOf(token: string): Promise<Account & { password_hash: string }> {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== 54 || bytes.toString('base64url') !== token) throw new PasswordResetInvalidError();
    const [expires, accountId] = [bytes.readUInt32BE(2), idOfBytes(bytes.subarray(6, 22))];
    const account = await Account.query(main).findById(accountId);
    if (!account?.password_hash || account.status !== 'active' || expires * 1000 <= clock().getTime())
      throw new PasswordResetInvalidError();
    const hmac = `vault:v${bytes.readUInt16BE(0)}:${bytes.subarray(22).toString('base64')}`;
    if (!(await vault.verifyHmac(keyName, inputOf(accountId, expires, account.password_hash), hmac))) throw new PasswordResetInvalidError();
    return account as Account & { password_hash: string };
  }

  return {
    /**
     * Sets the password of the account whose mail the code came in, once, and ends all of its sessions. Throws
     * PasswordResetInvalidError, WeakPasswordError (the code stays good).
     */
    resetPassword: async ({ token, password, requestId }: NewPassword): Promise<void> => {
      const account = await accountOf(token);
      const { id } = account;
      checkPassword(password, (await loginOf(keyring, account)) ?? '');
      const password_hash = await hashPassword(password);
      await inTenant(main, platformTenantId, async (trx) => {
        const changed = await Account.query(trx).where({ id, password_hash: account.password_hash }).patch({ password_hash });
        if (changed === 0) throw new PasswordResetInvalidError();
        const end = { revoked_at: clock(), revoked_reason: 'password-reset' };
        await Session.query(trx).where({ account_id: id, revoked_at: null }).patch(end);
        const act = { action: 'account.reset-password', objectType: 'account', objectId: id, requestId: requestId ?? null };
        await audit(trx, { tenantId: platformTenantId, actorId: id, ...act });
      });
    },
  };
}
