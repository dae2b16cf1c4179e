import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** What a check must find, or must let pass, in the specimens: `path:line rule`. */
export interface Expected {
  readonly found: readonly string[];
  readonly passed: readonly string[];
}

const specimens = join(import.meta.dirname, 'specimens');
const marks = /^\s*\/\/ (ruleid|ok): (\S+)$/;

/** What the marks in the specimens say of the line that follows each of them. */
export function expectedOf(folder = specimens): Expected {
  const expected: Record<'ruleid' | 'ok', string[]> = { ruleid: [], ok: [] };
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))
    for (const [at, line] of readFileSync(join(folder, file), 'utf8').split('\n').entries()) {
      const [, mark, rule] = marks.exec(line) ?? [];
      if (mark) expected[mark as 'ruleid' | 'ok'].push(`${relative('.', file)}:${at + 2} ${rule}`);
    }
  return { found: expected.ruleid.sort(), passed: expected.ok.sort() };
}

/**
 * A git repository of its own with these files committed in it, gone when `work` is done: rules are bound to folders of a project, and
 * secrets are looked for in a history.
 */
export async function inRepository<T>(files: Readonly<Record<string, string>>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-specimens-'));
  const git = (...args: readonly string[]): void => void execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  try {
    cpSync(specimens, folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    git('init', '--quiet');
    git('add', '.');
    git('-c', 'user.name=specimen', '-c', 'user.email=specimen@toolbox.example', 'commit', '--quiet', '--no-gpg-sign', '-m', 'specimens');
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
