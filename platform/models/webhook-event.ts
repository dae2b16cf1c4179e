import { Model } from 'objection';

/**
 * An event a vendor told us of, by webhook or when it was asked (`received_by`). Rows are the platform's own, for an event may be nobody's.
 * Of what the event says only names of things are kept: what they are is asked for.
 */
export class WebhookEvent extends Model {
  static override readonly tableName = 'webhook_events';
  static override readonly idColumn = ['tenant_id', 'vendor', 'id'];
  static readonly harmless = ['vendor', 'id', 'type', 'object_id', 'customer_id', 'status', 'reason', 'received_by'] as const;
  declare tenant_id: string;
  declare vendor: string;
  declare id: string;
  declare type: string;
  declare object_id: string | null;
  declare customer_id: string | null;
  declare status: 'stored' | 'done' | 'refused';
  declare reason: string | null;
  declare occurred_at: Date;
  declare received_by: 'webhook' | 'reconciliation' | 'staff';
  declare done_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
