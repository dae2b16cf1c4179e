import { createHash, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { Secret, TOTP } from 'otpauth';
import { BadOtpError, MfaEnrolledError, MfaEnrolmentRequiredError, MfaRequiredError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { AccountMfa } from '../models/account-mfa.ts';

export interface MfaDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly clock: () => Date;
}
export interface Enrolment {
  /** For the authenticator app, as a QR code or a link. Shown once. */
  readonly otpauthUri: string;
  /** Each good once, for when the app is lost. Shown once. */
  readonly recoveryCodes: readonly string[];
}
const issuer = 'ToolboxAI';
const codes = 10;
const stepMs = 30_000;

const digestOf = (code: string): string => createHash('sha256').update(code.replaceAll(/[\s-]/g, '').toLowerCase()).digest('hex');
const newCode = (): string =>
  randomBytes(10)
    .toString('hex')
    .replaceAll(/(.{5})(?=.)/g, '$1-');
const placeOf = (accountId: string) =>
  ({ tenantId: platformTenantId, table: AccountMfa.tableName, column: 'totp_secret', rowId: accountId }) as const;
const recordOf = (accountId: string, action: string) =>
  ({ tenantId: platformTenantId, actorId: accountId, action, objectType: 'account', objectId: accountId }) as const;

/** Uses codes up, of the app or for recovery. */
function createSpender({ main, keyring, clock }: MfaDeps) {
  /** The step of a code of the app that is good now; undefined for any other. */
  async function stepOf({ account_id: id, totp_secret }: AccountMfa, otp: string): Promise<number | undefined> {
    if (!/^\d{6}$/.test(otp)) return undefined;
    const sealer = await keyring.sealer(platformTenantId, [id]);
    const totp = new TOTP({ secret: Secret.fromBase32(sealer.open(id, placeOf(id), totp_secret)) });
    const now = clock().getTime();
    const delta = totp.validate({ token: otp, timestamp: now, window: 1 });
    return delta === null ? undefined : Math.floor(now / stepMs) + delta;
  }

  /** Throws BadOtpError for a code that is wrong or was used. */
  return async function spend(mfa: AccountMfa, sent: string): Promise<void> {
    const otp = sent.trim();
    const { account_id: id } = mfa;
    const step = await stepOf(mfa, otp);
    const now = clock();
    const spent = await inTenant(main, platformTenantId, async (trx) => {
      if (step !== undefined) {
        const confirmed_at = mfa.confirmed_at ?? now;
        const used = await AccountMfa.query(trx)
          .where({ account_id: id })
          .where('last_step', '<', step)
          .where(mfa.confirmed_at ? {} : { version: mfa.version }) // the secret that was proved, not one enrolled meanwhile
          .patch({ last_step: step, confirmed_at });
        if (used > 0 && !mfa.confirmed_at) await audit(trx, recordOf(id, 'mfa.confirm'));
        return used;
      }
      const hash = digestOf(otp);
      const left = mfa.recovery_hashes.filter((known) => known !== hash);
      const unused = AccountMfa.query(trx).where({ account_id: id, version: mfa.version }).whereNotNull('confirmed_at');
      const used = left.length < mfa.recovery_hashes.length ? await unused.patch({ recovery_hashes: left }) : 0;
      if (used > 0) await audit(trx, recordOf(id, 'mfa.recover'));
      return used;
    });
    if (spent === 0) throw new BadOtpError();
  };
}

/** Time-based one-time codes (RFC 6238: SHA-1, 6 digits, 30 s, one step of tolerance) and recovery codes. */
export function createMfa({ main, keyring, clock }: MfaDeps) {
  const find = (accountId: string) => AccountMfa.query(main).findById(accountId);
  const spend = createSpender({ main, keyring, clock });

  return {
    /** A new secret for the account, in the place of one that was never confirmed. Throws MfaEnrolledError. */
    enrol: async (accountId: string, label: string): Promise<Enrolment> => {
      const secret = new Secret({ size: 20 });
      const recoveryCodes = Array.from({ length: codes }, newCode);
      const sealer = await keyring.sealer(platformTenantId, [accountId]);
      const row = {
        totp_secret: sealer.seal(accountId, placeOf(accountId), secret.base32),
        recovery_hashes: recoveryCodes.map(digestOf),
        last_step: 0,
      };
      await inTenant(main, platformTenantId, async (trx) => {
        const known = await AccountMfa.query(trx).findById(accountId).forUpdate();
        if (known?.confirmed_at) throw new MfaEnrolledError();
        if (known) await AccountMfa.query(trx).findById(accountId).patch(row);
        else await AccountMfa.query(trx).insert({ account_id: accountId, ...row });
        await audit(trx, recordOf(accountId, 'mfa.enrol'));
      });
      return { otpauthUri: new TOTP({ issuer, label, secret }).toString(), recoveryCodes };
    },
    /** Confirms an enrolment by a first code of the app. Throws BadOtpError. */
    confirm: async (accountId: string, otp: string): Promise<void> => {
      const mfa = await find(accountId);
      if (!mfa) throw new BadOtpError();
      await spend(mfa, otp);
    },
    /** Takes the second factor away, for who has it. Throws BadOtpError. */
    remove: async (accountId: string, otp: string): Promise<void> => {
      const mfa = await find(accountId);
      if (!mfa?.confirmed_at) throw new BadOtpError();
      await spend(mfa, otp);
      await inTenant(main, platformTenantId, async (trx) => {
        await AccountMfa.query(trx).deleteById(accountId);
        await audit(trx, recordOf(accountId, 'mfa.remove'));
      });
    },
    /**
     * Lets a sign-in go on, or throws MfaRequiredError (no code was sent), BadOtpError, or MfaEnrolmentRequiredError (`required`, and the
     * account has no second factor yet). Who has one is asked for it, required or not.
     */
    admit: async (accountId: string, otp: string | undefined, required: boolean): Promise<void> => {
      const mfa = await find(accountId);
      if (!mfa?.confirmed_at) {
        if (required) throw new MfaEnrolmentRequiredError();
        return;
      }
      if (otp === undefined) throw new MfaRequiredError();
      await spend(mfa, otp);
    },
  };
}
