import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Boots the compiled product (dist/, plain Node, no TypeScript loader) as a user would and onboards a school with it:
 * named imports of CommonJS packages and forgotten assets fail here and nowhere else.
 */
const limitMs = 240_000;
if (!existsSync('dist/stack/main.js')) throw new Error('There is no dist/: run `npm run build` first.');
const home = mkdtempSync(join(process.env['TOOLBOX_SMOKE_DIR'] ?? tmpdir(), 'toolbox-smoke-'));
chmodSync(home, 0o755); // PostgreSQL runs as a user of its own where we are root
const env = { ...process.env, TOOLBOX_HOME: home, TOOLBOX_BIN: join(process.cwd(), '.toolbox/bin') };

const stack = spawn(process.execPath, ['dist/stack/main.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
const up = new Promise<void>((resolve, reject) => {
  let printed = '';
  const late = setTimeout(() => reject(new Error(`dist/ did not come up within ${limitMs / 1000} s`)), limitMs);
  stack.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    printed += chunk.toString('utf8');
    if (!printed.includes('npm run demo')) return;
    clearTimeout(late);
    resolve();
  });
  stack.once('exit', (code) => reject(new Error(`dist/stack/main.js ended with ${code}`)));
});
try {
  await up;
  const { status } = spawnSync(process.execPath, ['dist/cli/demo.js', '--users', '40'], { env, stdio: 'inherit', timeout: limitMs });
  if (status !== 0) throw new Error(`the demo ended with ${status}`);
  console.log('dist/ boots and onboards a school.');
} finally {
  if (stack.exitCode === null) {
    stack.kill('SIGTERM');
    await once(stack, 'exit');
  }
  rmSync(home, { recursive: true, force: true });
}
