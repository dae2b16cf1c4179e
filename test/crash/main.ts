import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startServers } from '../../stack/servers.ts';

/*
 * `npm run test:crash`: every process of the catalogue, killed at every moment of every activity, and every vendor's operation disturbed
 * in every way; each run's end is compared with that of an undisturbed one. A part of it by name:
 * `npm run test:crash -- --process onboard-school --activity importRoster --moment after`. The report is kept in coverage/crash/.
 */
const options = {
  process: { type: 'string' },
  activity: { type: 'string' },
  moment: { type: 'string' },
  lanes: { type: 'string', default: '4' },
} as const;
const { values } = parseArgs({ options });

const given = process.env['TOOLBOX_TEST_SERVERS'];
const home = resolve('.toolbox/crash');
const folder = resolve('coverage/crash');
const servers = given ? undefined : await startServers({ home });
try {
  if (servers) {
    const described = join(mkdtempSync(join(home, 'run-')), 'servers.json');
    writeFileSync(described, JSON.stringify(servers.describe), { mode: 0o600 });
    process.env['TOOLBOX_TEST_SERVERS'] = described;
  }
  // Loaded when it is known where the servers are.
  const { runMatrix } = await import('./support/matrix.ts');
  process.exitCode = (await runMatrix({ ...values, lanes: Number(values.lanes), folder })) ? 0 : 1;
} finally {
  await servers?.stop();
}
