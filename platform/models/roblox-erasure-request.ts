import { Model } from 'objection';
import type { PiiColumns } from './all.ts';

/**
 * A player whom Roblox told us to forget, as a row of the platform's own. `sealed` is a JSON of the user's id and the games, its key under
 * the request's own id as subject; null when it is settled. How it stands is told by the event (`webhook_events`).
 */
export class RobloxErasureRequest extends Model {
  static override readonly tableName = 'roblox_erasure_requests';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly pii = { sealed: 'sealed_document' } as const satisfies PiiColumns;
  static readonly harmless = ['event_id', 'user_digest'] as const;
  declare id: string;
  declare tenant_id: string;
  declare event_id: string;
  declare user_digest: Buffer;
  declare sealed: Buffer | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
