import type { Tombstone } from '../../../platform/privacy/statement.ts';
import { addPlayer, play } from '../../support/roblox-school.ts';
import { travelOn } from '../../support/time-travel.ts';
import { type Asked, speechOf, verification } from './erase-speech.ts';
import type { Erasures } from './erase-world.ts';

let players = 88_000_000;

/** What tests do about people of the first school who play on Roblox. */
export const playersOf = (erasures: Erasures) => ({
  async newPlayer(): Promise<{ personId: string; userId: string; key: string }> {
    const userId = String((players += 1));
    return { personId: await addPlayer(erasures, erasures.schools[0].id, userId), userId, key: `user_${userId}` };
  },
  playAt: (store: string, key: string): Promise<void> => play(erasures.roblox.url, store, key),
  /** Moves Roblox's clock behind what it keeps as soon as a run waits for it. @param first what happens the first time */
  letTimePass(first: () => Promise<unknown> = async () => undefined): void {
    let waited = 0;
    erasures.around = async (name, act) => {
      const result = await act();
      if (name !== 'findTombstones') return result;
      const ends = (result as Tombstone[]).map(({ until }) => Date.parse(until));
      await erasures.roblox.control.clock({ now: new Date(Math.max(Date.now(), ...ends) + 1_000).toISOString() });
      if ((waited += 1) === 1) await first();
      return result;
    };
  },
  /** Asks for an erasure whose idle time is skipped. */
  async askAndTravel(personId: string): Promise<Asked> {
    const asked = await speechOf(erasures).ask(personId, { verification });
    await travelOn(erasures.handleOf(personId));
    return asked;
  },
});
