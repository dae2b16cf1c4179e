import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * A Python tool of exact versions in a venv under .toolbox, installed when it is first needed. Returns the folder of its programs.
 * It asks for Python 3 and pip alone: Debian keeps what a venv needs for a pip of its own in another package.
 * @param requirements a file that pins the tool and everything it needs; another content is another venv
 */
export function pythonTool(name: string, requirements: string): string {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = resolve(process.env['TOOLBOX_BIN'] ?? '.toolbox/bin', `${name}-${digest}`);
  const done = join(folder, 'installed');
  if (existsSync(done)) return join(folder, 'bin');
  console.log(`Installing ${name} (${folder})`);
  rmSync(folder, { recursive: true, force: true });
  const python = (...args: readonly string[]): void => void execFileSync('python3', args, { stdio: 'inherit' });
  try {
    python('-m', 'venv', '--without-pip', folder);
    const pip = ['-m', 'pip', '--python', join(folder, 'bin/python'), 'install', '--quiet', '--disable-pip-version-check'];
    python(...pip, '--only-binary=:all:', '-r', requirements);
  } catch (error) {
    throw new Error(`${name} cannot be installed: it needs Python 3 with pip 22.3 or newer, and a package index.`, { cause: error });
  }
  writeFileSync(done, '');
  return join(folder, 'bin');
}
