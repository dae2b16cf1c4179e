import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { createApiClient } from '../../cli/support/api-client.ts';
import type { StackFile } from '../../cli/support/stack-file.ts';
import { until } from '../support/until.ts';

/** What the README promises a newcomer, typed as the newcomer would. */
describe('a newcomer', function () {
  this.timeout(240_000);
  const home = mkdtempSync(join(tmpdir(), 'toolbox-e2e-'));
  chmodSync(home, 0o755); // PostgreSQL runs as a user of its own where we are root
  const env = { ...process.env, NO_COLOR: '1', TOOLBOX_HOME: home, TOOLBOX_BIN: resolve('.toolbox/bin') };
  const slug = `e2e-${process.pid}`;
  let stack: ChildProcess | undefined;

  const node = (file: string, args: readonly string[]) =>
    spawn(process.execPath, ['--import', 'tsx', file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });

  async function start(): Promise<void> {
    const child = node('stack/main.ts', []);
    stack = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    await until(() => said.includes('npm run demo') || child.exitCode !== null, 120_000);
    assert.equal(child.exitCode, null, said);
  }
  async function stop(): Promise<void> {
    if (!stack || stack.exitCode !== null) return;
    stack.kill('SIGTERM');
    await once(stack, 'exit');
  }
  async function demo(...args: string[]): Promise<{ code: number | null; said: string; complained: string }> {
    const child = node('cli/demo.ts', args);
    const [[code], said, complained] = await Promise.all([
      once(child, 'exit') as Promise<[number | null]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    return { code, said, complained };
  }
  const described = (): StackFile => JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as StackFile;

  before(start);
  after(async () => {
    await stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('onboards a school and sees what now exists', async () => {
    const { code, said, complained } = await demo('--users', '40', '--slug', slug);
    assert.equal(code, 0, said + complained);
    for (const shown of [
      /✓ import-roster/,
      /Users\s*│ 40/,
      /Classes\s*│ \d+/,
      /Invoice\s*│ \S+: \$0\.00, paid/,
      /Mails sent\s*│ [1-9]/,
      /Temporal UI/,
    ]) {
      assert.match(said, shown);
    }
  });

  it('is told that a name is taken, before anything is made', async () => {
    const { code, complained, said } = await demo('--users', '20', '--slug', slug);
    assert.equal(code, 1, said);
    assert.match(complained + said, /is taken/);
  });

  it('is told what is wrong with an input', async () => {
    const slip = await demo('--users', '20', '--slug', 'Not A Slug');
    assert.equal(slip.code, 1);
    assert.match(slip.complained, /slug: 3 to 40 lower-case letters/);
    const unknown = await demo('--users', '20', '--slug', `${slug}-gold`, '--plan', 'gold');
    assert.equal(unknown.code, 1);
    assert.match(unknown.said, /There is no plan 'gold'[^]*unknown-plan/);
  });

  it('is told that a file is no zip', async () => {
    const file = join(home, 'roster.zip');
    writeFileSync(file, 'not a zip');
    const { code, complained } = await demo('--roster', file);
    assert.equal(code, 1);
    assert.match(complained, /zip/);
  });

  it('is told which columns a roster lacks, and that everything was taken back', async () => {
    const folder = join(home, 'half');
    mkdirSync(folder);
    writeFileSync(join(folder, 'users.csv'), 'sourcedId,orgSourcedIds,username,role\n1,2,ada,student\n');
    writeFileSync(join(folder, 'orgs.csv'), 'sourcedId,name,type\n2,School,school\n');
    const { code, said } = await demo('--roster', folder, '--slug', `${slug}-half`);
    assert.equal(code, 1);
    assert.match(said, /missing-columns|unknown-roster-format/);
    assert.match(said, /taken back/);
  });

  it('finds the school again after a restart', async () => {
    await stop();
    await start();
    const { api, demo: login } = described();
    const client = createApiClient(api.url);
    await client.signIn(login.email, login.password);
    const { items } = await client.call<{ items: readonly { slug: string; status: string }[] }>('/v1/tenants?limit=200');
    assert.deepEqual(
      items.filter((tenant) => tenant.slug.startsWith(slug)).map((tenant) => [tenant.slug, tenant.status]),
      [[slug, 'active']],
    );
  });
});
