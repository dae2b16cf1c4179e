import { inPlatform } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Tenant } from '../../../platform/models/tenant.ts';
import { storeNotice } from '../../../platform/privacy/roblox-requests.ts';
import { addPlayer } from '../../support/roblox-school.ts';
import { makeTenant } from '../../support/school.ts';
import type { Place } from '../support/place.ts';
import type { World } from '../support/world.ts';

const slug = 'crash-players';

/** One school for all runs: each run looks through every school, so that one more would be seen in what it leaves. */
async function schoolOf({ databases, vault }: Place): Promise<string> {
  const known = await inPlatform(databases.main, async (trx) => Tenant.query(trx).findOne({ slug }));
  return known?.id ?? (await makeTenant({ main: databases.main, vault: vault.vault }, slug));
}
let players = 1_000;

export default {
  'players nobody knows, while others play': {
    async input(place) {
      const parts = { main: place.databases.main, keyring: place.keyring };
      const school = await schoolOf(place);
      for (let count = 0; count < 2; count += 1) await addPlayer(parts, school, String((players += 1)));
      // Whom a school knows is erased by a run of its own, which would go on beside this one: what both write could not be told apart.
      for (const userId of ['1', '2']) await storeNotice(parts, { eventId: newId(), userId, gameIds: [], occurredAt: new Date() });
      return {};
    },
  },
} satisfies World;
