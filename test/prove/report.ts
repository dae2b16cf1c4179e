import Table from 'cli-table3';
import type { Found } from './search.ts';

const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);

/** What was read and found, a line a store; each place of a hit below. */
export function printFound(found: ReadonlyMap<string, Found>): void {
  const table = new Table({ head: ['store', 'MiB searched', 'hits'] });
  for (const [store, { bytes, hits }] of found) table.push([store, mebibytes(bytes), `${hits.length}`]);
  console.log(table.toString());
  for (const { hits } of found.values())
    for (const { where, mark, encoding, at } of hits) console.log(`  ${mark} as ${encoding} in ${where} at byte ${at}`);
}
