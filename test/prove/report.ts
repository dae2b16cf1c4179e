import Table from 'cli-table3';
import { type Found, sum } from './search.ts';

/** What one search of everything found, by store: what they answered, and what their files hold. */
export interface Searched {
  readonly asked: ReadonlyMap<string, Found>;
  readonly files: ReadonlyMap<string, Found>;
}
export const hitsOf = ({ asked, files }: Searched): Found['hits'] => [...asked.values(), ...files.values()].flatMap(({ hits }) => hits);

export const hitsIn = ({ asked, files }: Searched, store: string): Found['hits'] => [
  ...(asked.get(store)?.hits ?? []),
  ...(files.get(store)?.hits ?? []),
];

const mebibytes = ({ bytes }: Pick<Found, 'bytes'>): string => (bytes / 1024 ** 2).toFixed(1);
const gigabytesASecond = ({ bytes, ms }: Pick<Found, 'bytes' | 'ms'>): string => (bytes === 0 ? '' : (bytes / 1e6 / ms).toFixed(2));
const nothing = sum([]);

/** A line a store, and one for all of them; each place of a hit below. */
export function printSearched(title: string, { asked, files }: Searched): void {
  const table = new Table({
    head: [title, 'files, MiB', 'GB/s', 'answers, MiB', 'hits'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  const line = (name: string, inFiles: Found, inAnswers: Found): void => {
    const hits = `${inFiles.hits.length + inAnswers.hits.length}`;
    table.push([name, mebibytes(inFiles), gigabytesASecond(inFiles), mebibytes(inAnswers), hits]);
  };
  for (const [name, inFiles] of files) line(name, inFiles, asked.get(name) ?? nothing);
  line('in all', sum([...files.values()]), sum([...asked.values()]));
  console.log(table.toString());
  for (const { where, mark, encoding, at } of hitsOf({ asked, files })) console.log(`  ${mark} as ${encoding} in ${where} at byte ${at}`);
}
