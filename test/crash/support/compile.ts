import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const compiler = join(fileURLToPath(import.meta.resolve('typescript/package.json')), '../bin/tsc');

/** The worker under test as plain JavaScript: every kill costs the start of another one, and from source that takes twice as long. */
export interface Program {
  readonly path: string;
  remove(): void;
}

/** Compiles it beside this checkout's packages. Throws what the compiler said when it does not. */
export async function compileWorker(): Promise<Program> {
  const parent = resolve(root, '.toolbox/build');
  mkdirSync(parent, { recursive: true });
  const out = mkdtempSync(join(parent, 'crash-'));
  const compiling = spawn(process.execPath, [compiler, '-p', join(root, 'tsconfig.crash.json'), '--outDir', out], { cwd: root });
  let said = '';
  compiling.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(compiling, 'close')) as [number | null];
  const remove = (): void => rmSync(out, { recursive: true, force: true });
  if (code !== 0) {
    remove();
    throw new Error(`The worker does not compile:\n${said}`);
  }
  return { path: join(out, 'test/crash/support/doomed.js'), remove };
}
