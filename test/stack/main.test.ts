import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { identify, isAlive, type ProcessId } from '../../stack/process-id.ts';
import { until } from '../support/until.ts';
import { useHome } from './support.ts';

const elsewhere = {
  DATABASE_URL: 'postgres://app@db/toolbox',
  DATABASE_OWNER_URL: 'postgres://owner@db/toolbox',
  KEYRING_DATABASE_URL: 'postgres://app@keyring/keyring',
  KEYRING_OWNER_URL: 'postgres://owner@keyring/keyring',
  KEYRING_SHREDDER_URL: 'postgres://shredder@keyring/keyring',
  KEYRING_BACKUP_URL: 'postgres://backup@keyring/keyring',
  TEMPORAL_ADDRESS: 'temporal:7233',
  S3_ENDPOINT: 'https://s3',
  S3_ACCESS_KEY: 'a',
  S3_SECRET_KEY: 'b',
  VAULT_ADDR: 'https://vault',
  VAULT_ADMIN_TOKEN: 't',
  STRIPE_API_BASE: 'https://api.stripe.com',
  STRIPE_SECRET_KEY: 'sk_test_x',
  SENDGRID_API_BASE: 'https://api.sendgrid.com',
  SENDGRID_API_KEY: 'SG.x',
  PUSHER_API_BASE: 'https://api-eu.pusher.com',
  PUSHER_APP_ID: '1',
  PUSHER_KEY: 'k',
  PUSHER_SECRET: 's',
};

describe('npm start', function () {
  this.timeout(30_000);
  const running: ChildProcess[] = [];
  // Before the home goes.
  afterEach(async () => {
    for (const child of running.splice(0)) if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
  });
  const own = useHome();

  // Redis and one sandbox are started, all else runs elsewhere: as real as the whole, and quick.
  const launch = (args: readonly string[] = ['--servers-only']) => {
    const env = { ...process.env, ...elsewhere, TOOLBOX_HOME: own.home.dir, TOOLBOX_BIN: own.home.bin };
    const child = spawn(process.execPath, ['--import', 'tsx', 'stack/main.ts', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    return {
      child,
      said: text(child.stdout),
      complained: text(child.stderr),
      ended: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
    };
  };
  const describedFile = (): string => join(own.home.dir, 'stack.json');
  const described = () =>
    JSON.parse(readFileSync(describedFile(), 'utf8')) as { redis: { pid: number }; sandboxes: { roblox: { pid: number } } };
  const untilUp = async (): Promise<ProcessId[]> => {
    await until(() => existsSync(describedFile()), 20_000);
    const { redis, sandboxes } = described();
    return [identify(redis.pid), identify(sandboxes.roblox.pid)];
  };

  it('shows where everything is, and on SIGTERM stops what it started', async () => {
    const stack = launch();
    const started = await untilUp();
    assert.equal(statSync(describedFile()).mode & 0o777, 0o600);
    assert.deepEqual(started.map(isAlive), [true, true]);
    stack.child.kill('SIGTERM');
    assert.deepEqual(await stack.ended, [0, null]);
    assert.deepEqual(started.map(isAlive), [false, false]);
    assert.equal(existsSync(describedFile()), false);
    const said = await stack.said;
    for (const shown of ['redis://127.0.0.1:', 'temporal:7233', 'postgres://db/toolbox', 'https://vault'])
      assert.ok(said.includes(shown), shown);
    assert.ok(!said.includes('app@'), 'no logins in the table');
  });

  it('refuses a second start in one line and leaves the first alone', async () => {
    const first = launch();
    const started = await untilUp();
    const second = launch();
    assert.deepEqual(await second.ended, [1, null]);
    assert.match(await second.complained, new RegExp(`^A stack is already running here \\(process ${first.child.pid}\\)[^\\n]*\\n$`));
    assert.deepEqual(started.map(isAlive), [true, true]);
  });

  it('stops what a killed stack has left running and starts with the same addresses', async () => {
    const first = launch();
    const left = await untilUp();
    const before = described();
    first.child.kill('SIGKILL');
    await first.ended;
    const second = launch();
    await until(() => existsSync(describedFile()) && described().redis.pid !== before.redis.pid, 20_000);
    assert.deepEqual(left.map(isAlive), [false, false]);
    assert.deepEqual({ ...described().redis, pid: 0 }, { ...before.redis, pid: 0 });
    second.child.kill('SIGTERM');
    assert.match(await second.complained, /^Stopped what an earlier stack had left running: .*Redis.*\.\n$/);
  });
});
