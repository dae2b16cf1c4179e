import { Model } from 'objection';

/** A subscription of Stripe's, as Stripe answered at `read_at`. `plan` is null for a price that is no plan of ours. */
export class Subscription extends Model {
  static override readonly tableName = 'subscriptions';
  static readonly harmless = ['stripe_subscription_id', 'plan', 'status'] as const;
  declare id: string;
  declare tenant_id: string;
  declare stripe_subscription_id: string;
  declare plan: string | null;
  declare status: string;
  declare quantity: number;
  declare period_start: Date | null;
  declare period_end: Date | null;
  declare trial_ends_at: Date | null;
  declare cancel_at: Date | null;
  declare ended_at: Date | null;
  declare read_at: Date;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
