import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonTool } from '../test/support/python-venv.ts';
import type { CheckOutcome } from './outcome.ts';
import { expectedOf, inRepository } from './specimens.ts';

interface Report {
  readonly results: readonly {
    readonly check_id: string;
    readonly path: string;
    readonly start: { readonly line: number };
    readonly extra: { readonly message: string };
  }[];
  readonly errors: readonly { readonly message?: string; readonly long_msg?: string }[];
  readonly paths: { readonly scanned: readonly string[] };
}
const product = 'activities api cli domain migrations platform policies processes sandboxes stack workers workflows';
const folders = product.split(' ');
const rules = join(import.meta.dirname, 'rules');
const run = promisify(execFile);

/** Nothing leaves the machine: neither metrics nor a look for a newer version. */
async function scan(cwd: string): Promise<Report> {
  const bin = pythonTool('semgrep', join(import.meta.dirname, 'requirements.txt'));
  const quiet = ['--metrics', 'off', '--disable-version-check', '--quiet', '--json', '--jobs', '2', '--no-git-ignore'];
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, SEMGREP_ENABLE_VERSION_CHECK: '0' };
  const there = folders.filter((folder) => existsSync(join(cwd, folder)));
  const asked = ['scan', '--config', rules, ...quiet, ...there];
  const { stdout } = await run(join(bin, 'semgrep'), asked, { cwd, env, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stdout?: string }) => {
      if (error.stdout) return { stdout: error.stdout };
      throw error;
    },
  );
  return JSON.parse(stdout) as Report;
}
const placeOf = ({ check_id, path, start }: Report['results'][number]): string => `${path}:${start.line} ${check_id.split('.').at(-1)}`;

/** Rules that are blind, or see too much, in lines that say what is wrong with them. */
async function judgeRules(): Promise<string[]> {
  const { results } = await inRepository({}, scan);
  const found = new Set(results.map(placeOf));
  const expected = expectedOf();
  const blind = expected.found.filter((place) => !found.has(place)).map((place) => `specimen not found: ${place}`);
  return [...blind, ...[...found].filter((place) => !expected.found.includes(place)).map((place) => `specimen wrongly found: ${place}`)];
}

/** The rules of security/rules over the product, and over specimens that each rule must find or let pass. */
export async function checkCode(): Promise<CheckOutcome> {
  const { results, errors, paths } = await scan('.');
  const { stdout } = await run('git', ['ls-files', ...folders.map((folder) => `${folder}/*.ts`)]);
  const scanned = new Set(paths.scanned);
  const unread = stdout.split('\n').filter((file) => file !== '' && existsSync(file) && !scanned.has(file));
  const findings = [
    ...results.map((result) => `${placeOf(result)}: ${result.extra.message}`),
    ...errors.map(({ message, long_msg }) => `semgrep: ${message ?? long_msg}`),
    ...unread.map((file) => `not read: ${file}`),
    ...(await judgeRules()),
  ];
  return { check: 'code (semgrep)', looked: `${paths.scanned.length} files`, proof: `${expectedOf().found.length} specimens`, findings };
}
