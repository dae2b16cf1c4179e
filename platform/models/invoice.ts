import { Model } from 'objection';

/** A bill of Stripe's. `amount_minor` is in minor units of `currency`. */
export class Invoice extends Model {
  static override readonly tableName = 'invoices';
  static readonly harmless = ['stripe_invoice_id', 'number', 'status', 'currency'] as const;
  declare id: string;
  declare tenant_id: string;
  declare stripe_invoice_id: string;
  declare number: string | null;
  declare status: string;
  declare amount_minor: number;
  declare currency: string;
  declare due_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
