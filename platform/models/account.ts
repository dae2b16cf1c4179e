import { Model } from 'objection';
import type { PiiColumns } from './all.ts';

/** Who logs in, platform-wide. Its personal data is sealed under the account's own key in the platform tenant. */
export class Account extends Model {
  static override readonly tableName = 'accounts';
  static readonly pii = { login: 'email' } as const satisfies PiiColumns;
  static readonly harmless = ['status', 'suspended_reason', 'password_hash', 'time_zone', 'locale'] as const;
  static readonly columns = [
    'id',
    'status',
    'suspended_reason',
    'login',
    'password_hash',
    'time_zone',
    'locale',
    'version',
    'created_at',
    'updated_at',
  ] as const;
  declare id: string;
  declare status: string;
  declare suspended_reason: string | null;
  declare login: Buffer | null;
  declare password_hash: string | null;
  declare time_zone: string;
  declare locale: string;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
