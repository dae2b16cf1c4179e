import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from 'commander';
import { onboardSchool, signInAsStaff, startOwnStack } from '../support/own-stack.ts';
import { pythonTool } from '../support/python-venv.ts';

/**
 * `npm run fuzz [-- --seconds 120 --seed 1]`: the API against its own document: thousands of requests, good and bad, as the platform's
 * staff, as a school's admin and as nobody. No answer may be a 5xx or one the document does not know.
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'negative_data_rejection',
];
/** How much of the time each gets: nobody sees little more than refusals. */
const shares = { nobody: 0.1, staff: 0.5, admin: 0.4 } as const;
type Who = keyof typeof shares;

/** The classes of control characters and line ends, spelled out: Python's expressions have no names for them. */
const inPython = (document: string): string =>
  document.replaceAll(String.raw`\\p{Cc}\\p{Zl}\\p{Zp}`, String.raw`\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029`);

interface Pass {
  readonly who: Who;
  readonly token: string;
  readonly seconds: number;
}
interface Target {
  readonly url: string;
  readonly document: string;
  readonly folder: string;
  readonly seed: string;
}

async function fuzz({ url, document, folder, seed }: Target, { who, token, seconds }: Pass): Promise<boolean> {
  // Signing out would end the session of all that follows; a stream of events ends when its run does.
  const left = token ? ['--exclude-path', '/v1/auth/logout'] : [];
  const fixed = ['--no-color', '--warnings', 'off', '--continue-on-failure', '--generation-database', 'none', '--request-timeout', '20'];
  const bounds = ['--max-time', String(seconds), '--seed', seed, '--phases', 'examples,coverage,fuzzing,stateful', '--workers', '1'];
  const as = token ? ['-H', `Authorization: Bearer ${token}`] : [];
  const only = ['--checks', checks.join(','), '--exclude-path-regex', '/events$', ...left];
  console.log(`--- as ${who}, ${seconds} s`);
  const child = spawn(
    join(pythonTool('schemathesis', '4.32.5'), 'st'),
    ['run', document, '--url', url, ...fixed, ...bounds, ...only, ...as],
    {
      stdio: 'inherit',
      cwd: folder,
      env: { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: join(import.meta.dirname) },
    },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}

async function main({ seconds, seed }: { seconds: string; seed: string }): Promise<void> {
  pythonTool('schemathesis', '4.32.5');
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-fuzz-'));
  const own = await startOwnStack({ RATE_LIMIT_ACCOUNT: '0', RATE_LIMIT_TENANT: '0', RATE_LIMIT_ADDRESS: '0' });
  const dirty: Who[] = [];
  try {
    const { url } = own.description.api;
    const document = join(folder, 'openapi.json');
    writeFileSync(document, inPython(await (await fetch(`${url}/openapi.json`)).text()));
    const school = await onboardSchool(own.description, 'fuzzed');
    const tokens = { nobody: '', staff: await signInAsStaff(own.description), admin: school.token };
    for (const who of Object.keys(shares) as Who[]) {
      const pass = { who, token: tokens[who], seconds: Math.max(1, Math.round(Number(seconds) * shares[who])) };
      if (!(await fuzz({ url, document, folder, seed }, pass))) dirty.push(who);
    }
  } finally {
    await own.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(dirty.length === 0 ? 'The fuzz is clean.' : `The fuzz found something as ${dirty.join(' and as ')}.`);
  process.exitCode = dirty.length === 0 ? 0 : 1;
}

program.option('--seconds <count>', 'for all of it', '120').option('--seed <number>', 'repeats a run', String(Date.now() % 100_000));
await main(program.parse().opts());
