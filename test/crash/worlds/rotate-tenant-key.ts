import { newId } from '../../../platform/ids.ts';
import { makeTenant } from '../../support/school.ts';
import type { World } from '../support/world.ts';

export default {
  'a school with some people': {
    async input({ databases, keyring, vault, name }) {
      const tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, name);
      await keyring.createSubjectKeys(tenantId, [newId(), newId(), newId()]);
      await keyring.blindIndex(tenantId);
      await keyring.payloadKeys.current(tenantId);
      return { tenantId };
    },
    // What was wrapped by the one that was killed may not be counted.
    vague: [/"rewrapped": \d+/g, /\d+ keys/g],
  },
} satisfies World;
