import { Model } from 'objection';
import type { PiiColumns } from './all.ts';

/** The second factor of an account. It counts from the moment it was confirmed with a first code. */
export class AccountMfa extends Model {
  static override readonly tableName = 'account_mfa';
  static override readonly idColumn = 'account_id';
  static readonly pii = { totp_secret: 'sealed_document' } as const satisfies PiiColumns;
  static readonly harmless = ['recovery_hashes'] as const;
  declare account_id: string;
  declare totp_secret: Buffer;
  /** SHA-256 of each recovery code that was not used, in hex. */
  declare recovery_hashes: string[];
  declare confirmed_at: Date | null;
  /** The time step (30 s) of the last code that was used: no code is good twice. */
  declare last_step: number;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
