import { makePerson } from './person.ts';
import type { Platform } from './platform.ts';
import { plants } from './plants.ts';
import { hitsIn, printSearched } from './report.ts';
import { searchRaw, searchViews, storesOf } from './stores.ts';

const newMark = (): string => `planted-${makePerson().email.split('@')[0]}`;

/** Whether what was left in each store on purpose is found there: a search that finds nothing anywhere proves nothing. */
export async function plantEverywhere(platform: Platform): Promise<boolean> {
  const planted = Object.entries(plants).flatMap(([store, ways]) =>
    Object.entries(ways).map(([how, plant]) => ({ store, how, plant, text: newMark() })),
  );
  for (const { plant, text } of planted) await plant(platform, text);
  const marks = Object.fromEntries(planted.map(({ store, how, text }) => [`${store}: ${how}`, text]));
  const stores = storesOf(platform);
  const asked = await searchViews(stores, marks);
  await platform.stop();
  const searched = { asked, files: await searchRaw(platform.home, stores, marks) };
  printSearched('planted', searched);
  const missed = planted.filter(({ store, how }) => !hitsIn(searched, store).some(({ mark }) => mark === `${store}: ${how}`));
  for (const each of planted) console.log(`${missed.includes(each) ? 'NOT FOUND' : 'found    '} ${each.how}, in ${each.store}`);
  return missed.length === 0;
}
