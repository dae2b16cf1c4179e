import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { type Servers, startServers } from '../../stack/servers.ts';
import { type Coverage, mergeCoverage } from './coverage.ts';
import { groupLinePercent } from './coverage-groups.ts';

/**
 * `npm test`: runs mocha under coverage in three parts at a time, each beside real servers of its own, merges the coverage reports (V8's of
 * the processes, Istanbul's of the workflow sandbox) into one and holds it to the bar. Given files, it runs those, in one process.
 */
const minimumLinePercent = 85;
/** Two parts of three. What brings up whole stacks is in one of them: two at once would want the same ports. The third has the rest. */
const apart: readonly (readonly string[])[] = [['crash', 'e2e', 'stack', 'workers'], ['workflows']];
const chosen = process.argv.slice(2);
const isWhole = chosen.length === 0;
const v8 = resolve('coverage/v8');
const istanbul = resolve('coverage/istanbul');

const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
const folders = [...new Set(files.map((file) => file.split(sep)[0] ?? ''))];
const specsOf = (names: readonly string[]): string[] => names.map((name) => `test/${name}/**/*.test.ts`);
const rest = folders.filter((name) => !apart.flat().includes(name));

interface Part {
  readonly specs: readonly string[];
  readonly servers: Servers;
  /** Where its servers and mocha's view of them lie. */
  readonly home: string;
}
async function prepare(home: string, specs: readonly string[]): Promise<Part> {
  return { specs, home: resolve(home), servers: await startServers({ home: resolve(home), test: true }) };
}

/** Runs mocha and resolves to its exit code and what it printed, if that was to be kept. */
async function run({ servers, home, specs }: Part, { keep = false } = {}): Promise<{ code: number; printed: string }> {
  const described = join(mkdtempSync(join(home, 'run-')), 'servers.json');
  writeFileSync(described, JSON.stringify(servers.describe), { mode: 0o600 });
  const coverage = isWhole ? { NODE_V8_COVERAGE: v8, COVERAGE_DIR: istanbul } : {};
  const env = { ...process.env, TOOLBOX_TEST_SERVERS: described, ...coverage };
  const child = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...specs], { stdio: keep ? 'pipe' : 'inherit', env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, printed };
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

rmSync('coverage', { recursive: true, force: true });
const parts: Part[] = [];
try {
  // One after the other: the first fetches what is missing.
  parts.push(await prepare('.toolbox/test', isWhole ? specsOf(rest) : chosen));
  if (isWhole) for (const [at, names] of apart.entries()) parts.push(await prepare(`.toolbox/test-${at + 2}`, specsOf(names)));
  const ended = await Promise.all(parts.map((part, at) => run(part, { keep: at > 0 })));
  for (const { printed } of ended) process.stdout.write(printed);
  const short = isWhole && !isEnough(await mergeCoverage({ v8, istanbul, out: resolve('coverage') }));
  process.exitCode = short || ended.some(({ code }) => code !== 0) ? 1 : 0;
} finally {
  for (const { servers } of parts) await servers.stop();
}
