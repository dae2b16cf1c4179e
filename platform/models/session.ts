import { Model } from 'objection';
import type { PiiColumns } from './all.ts';

/** One sign-in of an account, in one membership. It ends with the membership. */
export class Session extends Model {
  static override readonly tableName = 'sessions';
  static readonly pii = { ip_address: 'ip_address', device_id: 'device_id' } as const satisfies PiiColumns;
  static readonly harmless = ['revoked_reason'] as const;
  declare id: string;
  declare account_id: string;
  declare membership_id: string;
  declare ip_address: Buffer | null;
  declare device_id: Buffer | null;
  declare expires_at: Date;
  declare revoked_at: Date | null;
  declare revoked_reason: string | null;
  declare created_at: Date;
}

/** One token of a session's family. Only a hash of it is stored. */
export class RefreshToken extends Model {
  static override readonly tableName = 'refresh_tokens';
  static readonly harmless = ['token_hash'] as const;
  declare id: string;
  declare session_id: string;
  declare token_hash: Buffer;
  declare expires_at: Date;
  declare used_at: Date | null;
  declare created_at: Date;
}
