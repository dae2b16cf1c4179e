import { Model } from 'objection';
import type { AccessLevel } from '../../domain/dunning/policy.ts';

/**
 * A bill of Stripe's, as Stripe answered at `read_at`. Amounts are in minor units of `currency`. `collected_by` says who retries when it is
 * not paid: 'platform' (the process collect-payment) or 'stripe'; null while nobody has to.
 */
export class Invoice extends Model {
  static override readonly tableName = 'invoices';
  static readonly harmless = [
    'stripe_invoice_id',
    'number',
    'status',
    'currency',
    'stripe_subscription_id',
    'billing_reason',
    'collected_by',
    'access_level',
  ] as const;
  declare id: string;
  declare tenant_id: string;
  declare stripe_invoice_id: string;
  declare number: string | null;
  declare status: string;
  declare amount_minor: number;
  declare tax_minor: number | null;
  declare currency: string;
  declare due_at: Date | null;
  declare stripe_subscription_id: string | null;
  declare billing_reason: string | null;
  declare collected_by: 'platform' | 'stripe' | null;
  /** How far collecting it has brought its school down; null when it has not. */
  declare access_level: AccessLevel | null;
  declare attempt_count: number;
  declare remaining_minor: number | null;
  declare issued_at: Date | null;
  declare settled_at: Date | null;
  declare read_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
