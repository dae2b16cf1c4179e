import { newId } from '../../../platform/ids.ts';
import { storeNotice } from '../../../platform/privacy/roblox-requests.ts';
import { addPlayer } from '../../support/roblox-school.ts';
import { makeTenant } from '../../support/school.ts';
import type { World } from '../support/world.ts';

export default {
  'players nobody knows, while others play': {
    async input({ databases, keyring, vault, name }) {
      const parts = { main: databases.main, keyring };
      const school = await makeTenant({ main: databases.main, vault: vault.vault }, name);
      for (const userId of ['156', '157']) await addPlayer(parts, school, userId);
      // Whom a school knows is erased by a run of its own, which would go on beside this one: what both write could not be told apart.
      for (const userId of ['1', '2']) await storeNotice(parts, { eventId: newId(), userId, gameIds: [], occurredAt: new Date() });
      return {};
    },
    // What was indexed by the one that was killed may not be counted.
    vague: [/"indexed": \d+/g],
  },
} satisfies World;
