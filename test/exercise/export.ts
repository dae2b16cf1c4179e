import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rounded } from '../../bench/support/compare.ts';
import { writeLatest } from '../../bench/support/latest.ts';
import { machineFacts } from '../../bench/support/machine.ts';
import { createStorage } from '../../platform/storage.ts';
import { startServers } from '../../stack/servers.ts';
import { makeLargePackage } from './support/large-package.ts';

/*
 * `npm run exercise:export`: a gigabyte of records as JSON and as CSV, zipped, sealed and stored as export-subject does, in a store of its
 * own. The process stays below 512 MB. What it finds goes into bench/latest.json. `-- --gigabytes 0.2`: less; `--keep`: nothing is written.
 */
const { values } = parseArgs({ options: { gigabytes: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false } } });
const gigabytes = Number(values.gigabytes);
const targetMegabytes = 512;

const machine = machineFacts();
const home = mkdtempSync(join(tmpdir(), 'toolbox-export-'));
chmodSync(home, 0o711);
const servers = await startServers({ home, only: ['s3'], test: true });
try {
  const storage = createStorage(servers.describe.s3);
  const made = await makeLargePackage(storage, 'exercise-export', { bytes: gigabytes * 1e9, formats: ['json', 'csv'] });
  const peakRssMegabytes = Math.round(made.peakRssBytes / 1e6);
  const figures = {
    machine,
    what: `${gigabytes} GB of records as JSON and again as CSV, zipped, sealed (age) and stored in parts`,
    records: made.records,
    storedBytes: made.storedBytes,
    seconds: rounded(made.seconds),
    megabytesPerSecond: rounded((2 * gigabytes * 1e3) / made.seconds),
    peakRssMegabytes,
    target: { peakRssMegabytes: targetMegabytes },
    met: made.intact && peakRssMegabytes < targetMegabytes,
  };
  console.log(JSON.stringify(figures, null, 2));
  if (!values.keep) writeLatest('export', figures);
  process.exitCode = figures.met ? 0 : 1;
} finally {
  await servers.stop();
  rmSync(home, { recursive: true, force: true });
}
