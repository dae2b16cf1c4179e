import { billSchool } from '../../support/billed-school.ts';
import { makeTenant } from '../../support/school.ts';
import type { World } from '../support/world.ts';

export default {
  'a part of a payment': {
    async input({ databases, vault, sandboxes, name }) {
      const tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, name);
      const school = await billSchool(databases.main, sandboxes.stripe.url, tenantId);
      return { tenantId, paymentId: (await school.bill(5_000)).paymentId, amountMinor: 2_000 };
    },
  },
} satisfies World;
