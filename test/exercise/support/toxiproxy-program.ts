import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from '../../../stack/home.ts';
import { onPath } from '../../../stack/resolve-program.ts';
import { StackError } from '../../../stack/stack-error.ts';

const run = promisify(execFile);
const version = '2.12.0';
const otherwise = `put toxiproxy-server ${version} on PATH, or install Go 1.23 or newer`;

/** The path of toxiproxy-server: on PATH, built earlier, or built now by Go, which checks it against its own sums. Throws StackError. */
export async function findToxiproxy({ bin, fetching }: Home, tell: (line: string) => void): Promise<string> {
  const found = onPath('toxiproxy-server', process.env);
  if (found !== undefined) return found;
  const cached = join(bin, `toxiproxy-server-${version}`);
  if (existsSync(cached)) return cached;
  const go = onPath('go', process.env);
  if (go === undefined) throw new StackError(`toxiproxy-server is missing: ${otherwise}.`);
  tell(`Building toxiproxy-server ${version} (${cached}).`);
  const folder = join(fetching, 'toxiproxy');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    await run(go, ['install', `github.com/Shopify/toxiproxy/v2/cmd/server@v${version}`], { env: { ...process.env, GOBIN: folder } });
    mkdirSync(bin, { recursive: true });
    renameSync(join(folder, 'server'), cached);
  } catch (error) {
    throw new StackError(`toxiproxy-server ${version} cannot be built: ${otherwise}.`, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return cached;
}
