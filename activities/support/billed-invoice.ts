import type { Invoice } from '../../platform/models/invoice.ts';
import type { Statement } from '../../platform/transaction.ts';

/** An invoice by both of its names. */
export type Billed = Pick<Invoice, 'id' | 'tenant_id' | 'stripe_invoice_id' | 'stripe_subscription_id' | 'issued_at'>;

export const billedStatement = (tenantId: string, invoiceId: string): Statement => ({
  text: 'select id, tenant_id, stripe_invoice_id, stripe_subscription_id, issued_at from invoices where tenant_id = $1 and id = $2',
  values: [tenantId, invoiceId],
  name: 'billed invoice',
});
