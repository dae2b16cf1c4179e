import { billSchool } from '../../support/billed-school.ts';
import { makeTenant } from '../../support/school.ts';
import type { World } from '../support/world.ts';

export default {
  'something off a bill that was paid': {
    async input({ databases, vault, sandboxes, name }) {
      const tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, name);
      const school = await billSchool(databases.main, sandboxes.stripe.url, tenantId);
      return { tenantId, invoiceId: (await school.bill(5_000)).invoiceId, amountMinor: 2_000 };
    },
  },
} satisfies World;
