import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pythonTool } from '../test/support/python-venv.ts';
import type { CheckOutcome } from './outcome.ts';

interface Report {
  readonly results: readonly {
    readonly check_id: string;
    readonly path: string;
    readonly start: { readonly line: number };
    readonly extra: { readonly message: string };
  }[];
  readonly errors: readonly { readonly message: string; readonly level: string }[];
  readonly paths: { readonly scanned: readonly string[] };
}
const folders = ['api', 'activities', 'cli', 'domain', 'platform', 'policies', 'processes', 'sandboxes', 'stack', 'workers', 'workflows'];

/** The rules of security/rules over the product. Nothing leaves the machine: neither metrics nor a look for a newer version. */
export async function checkCode(): Promise<CheckOutcome> {
  const bin = pythonTool('semgrep', '1.182.0');
  const rules = join(import.meta.dirname, 'rules');
  const quiet = ['--metrics', 'off', '--disable-version-check', '--quiet', '--json', '--jobs', '2', '--no-git-ignore'];
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, SEMGREP_ENABLE_VERSION_CHECK: '0' };
  const text = await new Promise<string>((resolve, reject) => {
    execFile(
      join(bin, 'semgrep'),
      ['scan', '--config', rules, ...quiet, ...folders],
      { env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => {
        if (stdout) resolve(stdout);
        else reject(error ?? new Error('semgrep said nothing.'));
      },
    );
  });
  const { results, errors, paths } = JSON.parse(text) as Report;
  const found = results.map(({ check_id, path, start, extra }) => `${check_id.split('.').at(-1)}: ${path}:${start.line}: ${extra.message}`);
  const broken = errors.filter(({ level }) => level === 'error').map(({ message }) => `semgrep: ${message}`);
  return { check: 'code (semgrep)', looked: `${paths.scanned.length} files`, findings: [...found, ...broken] };
}
