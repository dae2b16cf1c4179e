import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a copy is made of; packages are those of this checkout, below which it lies. */
const rooms = [
  'activities',
  'api',
  'domain',
  'migrations',
  'platform',
  'policies',
  'processes',
  'sandboxes',
  'stack',
  'test/crash',
  'test/support',
  'test/activities/support',
  'test/workflows/support',
  'workers',
  'workflows',
];
const papers = ['package.json', 'tsconfig.json', 'docs', 'README.md', 'CHANGELOG.md'];

/** What is written into a copy: whole files, and what stands instead of a text of files there are; '' is their end. */
export interface Additions {
  readonly written: Readonly<Record<string, string>>;
  readonly replaced: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;
}
export interface HouseCopy {
  write(path: string, content: string): void;
  /** Runs Node in the copy; resolves to how it ended and all it printed. */
  node(...args: string[]): Promise<{ readonly status: number | null; readonly printed: string }>;
  /** The same, for what must end well. */
  demand(...args: string[]): Promise<void>;
}

/** Call in a `describe`: a copy of the product to which its tests add what it does not have. */
export function useHouseCopy({ written, replaced }: Additions): HouseCopy {
  let copy = '';
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), content.trimStart());
  };
  before(() => {
    mkdirSync('.toolbox', { recursive: true });
    copy = mkdtempSync(resolve('.toolbox/house-copy-'));
    for (const path of [...rooms, ...papers]) cpSync(path, join(copy, path), { recursive: true });
    for (const [path, content] of Object.entries(written)) write(path, content);
    for (const [path, pairs] of Object.entries(replaced)) for (const [from, to] of pairs) replace(join(copy, path), from, to);
  });
  after(() => rmSync(copy, { recursive: true, force: true }));
  const node: HouseCopy['node'] = async (...args) => {
    const { COVERAGE_DIR: _, NODE_V8_COVERAGE: __, ...env } = process.env;
    const child = spawn(process.execPath, args, { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await ended, printed: out + err };
  };
  const demand = async (...args: string[]): Promise<void> => {
    const { status, printed } = await node(...args);
    assert.equal(status, 0, printed);
  };
  return { write, node, demand };
}

function replace(path: string, from: string, to: string): void {
  if (from === '') return appendFileSync(path, to);
  const before = readFileSync(path, 'utf8');
  assert.ok(before.includes(from), `${path} does not have: ${from}`);
  writeFileSync(
    path,
    before.replace(from, () => to),
  );
}
