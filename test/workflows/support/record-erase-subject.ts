import { atOnce, asking, speechOf, verification } from './erase-speech.ts';
import { playersOf } from './erase-players.ts';
import { useErasures } from './erase-world.ts';
import { type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';

/** `npm run record-history` records the ways of erasing a person that have no history. */
describe('histories of erase-subject', () => {
  const erasures = useErasures();
  const { newPerson, ...speech } = speechOf(erasures);

  const completed: Way = async (keep) => {
    await erasures.setPolicy(atOnce);
    const { personId } = await newPerson('ada');
    const asked = await speech.ask(personId, { verification });
    await asked.result();
    await keep(erasures.handleOf(personId));
  };
  const confirmed: Way = async (keep) => {
    await erasures.setPolicy({ ...asking, needs_approval: true });
    const { personId } = await newPerson('beth');
    const asked = await speech.ask(personId);
    await asked.takes('verify');
    await asked.say('verify', verification);
    await asked.takes('approve');
    await asked.say('approve', {}, 'compliance');
    await asked.takes('confirm');
    await asked.hold({ reason: 'A court wants to see it.', until: '2099-01-01T00:00:00Z' });
    await asked.say('release', {}, 'compliance');
    await asked.say('confirm');
    await asked.result();
    await keep(erasures.handleOf(personId));
  };
  const cancelled: Way = async (keep) => {
    await erasures.setPolicy(asking);
    const { personId } = await newPerson('cleo');
    const asked = await speech.ask(personId, { verification });
    await asked.takes('confirm');
    const handle = erasures.handleOf(personId);
    await cancelAndHear(handle);
    await failureOf(handle);
    await keep(handle);
  };
  const withdrawn: Way = async (keep) => {
    await erasures.setPolicy(asking);
    const { personId } = await newPerson('dora');
    const asked = await speech.ask(personId, { verification });
    await asked.takes('confirm');
    await asked.say('withdraw');
    await asked.result();
    await keep(erasures.handleOf(personId));
  };
  const ofPlayer: Way = async (keep) => {
    await erasures.setPolicy(atOnce);
    const { newPlayer, playAt, letTimePass, askAndTravel } = playersOf(erasures);
    const { personId, key } = await newPlayer();
    for (let store = 1; store <= 7; store += 1) await playAt(`Store${store}`, key);
    letTimePass();
    await (await askAndTravel(personId)).result();
    await keep(erasures.handleOf(personId));
  };
  const ways: Readonly<Record<HistoryName, Way>> = {
    'erase-subject.2026-11.completed': completed,
    'erase-subject.2026-11.player': ofPlayer,
    'erase-subject.2026-11.confirmed': confirmed,
    'erase-subject.2026-11.cancelled': cancelled,
    'erase-subject.2026-11.withdrawn': withdrawn,
  };
  recordMissing(ways);
}).timeout(120_000);
