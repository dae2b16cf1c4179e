import { parseArgs } from 'node:util';
import { makePerson } from './person.ts';
import { type Platform, withPlatform } from './platform.ts';
import { plants } from './plants.ts';
import { printFound } from './report.ts';
import type { Found, Marks } from './search.ts';
import { searchRaw, searchViews, storesOf, together } from './stores.ts';

const { values } = parseArgs({ options: { plant: { type: 'boolean', default: false } } });
const tell = (line: string): void => console.error(line);

/** Every store: asked while it runs, then read byte by byte when it has stopped. */
async function searchEverything(platform: Platform, marks: Marks): Promise<ReadonlyMap<string, Found>> {
  const stores = storesOf(platform);
  const asked = await searchViews(stores, marks);
  await platform.stop();
  return together(asked, await searchRaw(platform.home, stores, marks));
}

/** Whether what was left in each store on purpose is found there: a search that finds nothing anywhere proves nothing. */
async function findPlants(platform: Platform): Promise<boolean> {
  const marks = Object.fromEntries(Object.keys(plants).map((store) => [store, `planted-${makePerson().email.split('@')[0]}`]));
  for (const [store, plant] of Object.entries(plants)) await plant(platform, marks[store] ?? '');
  const found = await searchEverything(platform, marks);
  printFound(found);
  const hits = [...found.values()].flatMap((each) => each.hits);
  const missed = Object.keys(marks).filter((mark) => !hits.some((hit) => hit.mark === mark));
  for (const mark of Object.keys(marks)) console.log(`${missed.includes(mark) ? 'NOT FOUND' : 'found    '} what was planted in ${mark}`);
  return missed.length === 0;
}

const ok = await withPlatform({}, findPlants, tell);
process.exitCode = ok && values.plant ? 0 : 1;
