import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServers } from '../../stack/servers.ts';

/*
 * `npm run exercise:erasure`: a hundred people of one school, each with an account and a sign-in, are erased at a time, started over HTTP; idle time
 * is skipped. Each must end final, with nothing left in any place and two certificates. API, worker and vendors' stand-ins in one process, beside real servers of
 * its own; what it finds goes into bench/latest.json. `-- --count 20`: fewer of them; `--keep`: nothing is written.
 */
const { values } = parseArgs({
  options: { count: { type: 'string', default: '100' }, keep: { type: 'boolean', default: false } },
});

const folder = mkdtempSync(join(tmpdir(), 'toolbox-erasure-'));
chmodSync(folder, 0o711); // PostgreSQL runs as a user of its own where we are root
const servers = await startServers({ home: join(folder, 'servers'), test: true });
try {
  const described = join(folder, 'servers.json');
  writeFileSync(described, JSON.stringify(servers.describe), { mode: 0o600 });
  const env = { ...process.env, TOOLBOX_TEST_SERVERS: described, COUNT: values.count, KEEP: values.keep ? '1' : '' };
  const mocha = spawn('npx', ['mocha', 'test/exercise/support/erase-many.ts'], { stdio: 'inherit', env });
  const [code] = (await once(mocha, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await servers.stop();
  rmSync(folder, { recursive: true, force: true });
}
