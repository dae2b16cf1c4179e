import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { type Servers, startServers } from '../../stack/servers.ts';
import { type Coverage, mergeCoverage } from './coverage.ts';
import { groupLinePercent } from './coverage-groups.ts';

/**
 * `npm test`: runs mocha in three lanes, each beside real servers of its own. Given files, it runs those, in one process. `npm run
 * test:coverage` measures the whole meanwhile, which takes half as long again: it merges the reports (V8's of the processes, Istanbul's of
 * the workflow sandbox) into one and holds it to the bar.
 */
const minimumLinePercent = 85;
const laneCount = 3;
const measured = process.argv.includes('--coverage');
const chosen = process.argv.slice(2).filter((word) => word !== '--coverage');
const isWhole = chosen.length === 0;
const v8 = resolve('coverage/v8');
const istanbul = resolve('coverage/istanbul');

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .sort();
const filesIn = (folders: readonly string[]): string[] =>
  files.filter((file) => folders.includes(file.split(sep)[0] ?? '')).map((file) => join('test', file));
/** What brings up whole stacks: two at once would want the same ports. */
const stacks = ['crash', 'e2e', 'stack', 'workers'];
/** What takes longest beside them, and in how many jobs it is done. */
const long: Readonly<Record<string, number>> = { workflows: 3, api: 2, activities: 1 };
const named = [...stacks, ...Object.keys(long)];
const others = [...new Set(files.map((file) => file.split(sep)[0] ?? ''))].filter((folder) => !named.includes(folder));
const dealt = (all: readonly string[], count: number): string[][] =>
  Array.from({ length: count }, (_, job) => all.filter((_file, at) => at % count === job));
/** The longest first. A lane that is done with one takes the next. */
const jobs = isWhole
  ? [filesIn(stacks), ...Object.entries(long).flatMap(([folder, count]) => dealt(filesIn([folder]), count)), ...dealt(filesIn(others), 2)]
  : [chosen];

const left = [...jobs];
/** Told to stop, it leaves no test and no server behind. */
const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    left.length = 0;
    // Mocha hands on this one to the process that runs the tests.
    for (const child of running) child.kill('SIGINT');
  });

interface Lane {
  readonly servers: Servers;
  /** Where its servers and mocha's view of them lie. */
  readonly home: string;
}
async function open(number: number): Promise<Lane> {
  const home = resolve(number === 1 ? '.toolbox/test' : `.toolbox/test-${number}`);
  return { home, servers: await startServers({ home, test: true }) };
}

/** Runs mocha and resolves to its exit code. Of the whole, what it prints is shown when it is done: others print meanwhile. */
async function run({ servers, home }: Lane, specs: readonly string[]): Promise<number> {
  const described = join(mkdtempSync(join(home, 'run-')), 'servers.json');
  writeFileSync(described, JSON.stringify(servers.describe), { mode: 0o600 });
  const coverage = measured ? { NODE_V8_COVERAGE: v8, COVERAGE_DIR: istanbul } : {};
  const env = { ...process.env, TOOLBOX_TEST_SERVERS: described, ...coverage };
  const child = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...specs], { stdio: isWhole ? 'pipe' : 'inherit', env });
  running.add(child);
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  running.delete(child);
  process.stdout.write(Buffer.concat(printed));
  return code ?? 1;
}

function isEnough({ percent, groups }: Coverage): boolean {
  const poor = groups.filter((group) => group.percent < groupLinePercent);
  console.log(
    `Lines run: ${groups.map((group) => `${group.group} ${group.percent.toFixed(1)} %`).join(', ')}; all ${percent.toFixed(1)} %`,
  );
  if (percent < minimumLinePercent) console.error(`Line coverage is ${percent.toFixed(1)} %, less than ${minimumLinePercent} %.`);
  for (const { group, lacking } of poor)
    console.error(`Line coverage of ${group} is less than ${groupLinePercent} %:\n  ${lacking.join('\n  ')}`);
  return percent >= minimumLinePercent && poor.length === 0;
}

for (const folder of measured ? [v8, istanbul] : []) rmSync(folder, { recursive: true, force: true });
const lanes: Lane[] = [];
const codes: number[] = [];
async function work(lane: Lane): Promise<void> {
  for (let job = left.shift(); job; job = left.shift()) codes.push(await run(lane, job));
}
try {
  // One after the other: the first fetches what is missing.
  while (lanes.length < Math.min(laneCount, jobs.length)) lanes.push(await open(lanes.length + 1));
  await Promise.all(lanes.map(work));
  const short = measured && !isEnough(await mergeCoverage({ v8, istanbul, out: resolve('coverage') }));
  process.exitCode = short || codes.some((code) => code !== 0) ? 1 : 0;
} finally {
  for (const { servers } of lanes) await servers.stop();
}
