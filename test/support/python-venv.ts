import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A Python tool of an exact version in a venv under .toolbox, installed when it is first needed. Returns the folder of its programs. */
export function pythonTool(name: string, version: string): string {
  const folder = resolve(process.env['TOOLBOX_BIN'] ?? '.toolbox/bin', `${name}-${version}`);
  const done = join(folder, 'installed');
  if (existsSync(done)) return join(folder, 'bin');
  console.log(`Installing ${name} ${version} (${folder})`);
  rmSync(folder, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`];
  execFileSync(join(folder, 'bin/python'), pip, { stdio: 'inherit' });
  writeFileSync(done, '');
  return join(folder, 'bin');
}
