import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { mirrorInvoice } from '../../../platform/billing-mirror.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { stripeSchools } from '../../support/stripe-school.ts';
import type { World } from '../support/world.ts';

export default {
  'a school that owes, one that pays, and a customer that is no school': {
    async input({ databases, sandboxes }) {
      const { stripe, billing, make } = stripeSchools(databases, sandboxes.stripe);
      const [owing, paying] = [await make(), await make()];
      await stripe.customers.create({ name: 'Somebody' });
      const owed = await owing.owe();
      const paid = await paying.owe();
      await paying.pay(paid.id ?? '');
      // A run has collected what is owed, in vain: another would go on beside this one, and what both write could not be told apart.
      const read = await billing.readInvoice(owed.id ?? '');
      if (!read) throw new Error('There is no invoice.');
      const { tenantId } = owing;
      const { invoiceId } = await mirrorInvoice(databases.main, tenantId, read);
      const workflow_id = workflowIdOf('collect-payment', tenantId, invoiceId);
      const run = { id: newId(), tenant_id: tenantId, process: 'collect-payment', workflow_id, started_by: tenantId, request_id: newId() };
      await inTenant(databases.main, tenantId, (trx) => trx('runs').insert({ ...run, status: 'completed', closed_at: trx.fn.now() }));
      return { list: true };
    },
    // What was stored or refused by the one that was killed may not be counted.
    vague: [/"(found|refused|events)": \d+/g, /\d+ had not come/g, /\d+ events/g],
  },
} satisfies World;
