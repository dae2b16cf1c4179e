import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startServers } from '../../stack/servers.ts';
import { type Coverage, mergeCoverage } from './coverage.ts';
import { groupLinePercent } from './coverage-groups.ts';

/**
 * `npm test`: starts the real servers the tests need, runs mocha under coverage, stops them, merges the two coverage
 * reports (V8's of the process, Istanbul's of the workflow sandbox) into one and holds it to the bar.
 */
const minimumLinePercent = 85;
const chosen = process.argv.slice(2);
const specs = chosen.length > 0 ? chosen : ['test/**/*.test.ts'];
const home = resolve('.toolbox/test');
const v8 = resolve('coverage/v8');
const istanbul = resolve('coverage/istanbul');

const run = async (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> => {
  const child = spawn(command, args, { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
};

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
const servers = await startServers({ home, test: true });
const described = join(mkdtempSync(join(home, 'run-')), 'servers.json');
writeFileSync(described, JSON.stringify(servers.describe), { mode: 0o600 });
try {
  const measured = chosen.length === 0;
  const coverage = measured ? { NODE_V8_COVERAGE: v8, COVERAGE_DIR: istanbul } : {};
  const env = { ...process.env, TOOLBOX_TEST_SERVERS: described, ...coverage };
  const failed = await run(process.execPath, ['node_modules/mocha/bin/mocha.js', ...specs], env);
  const short = measured && !isEnough(await mergeCoverage({ v8, istanbul, out: resolve('coverage') }));
  process.exitCode = failed || short ? 1 : 0;
} finally {
  await servers.stop();
}
