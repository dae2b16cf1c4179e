import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import type { StackProcess } from '../../stack/child.ts';
import { identify, isAlive } from '../../stack/process-id.ts';
import { createSupervisor, stopLeftovers, type Supervisor } from '../../stack/supervisor.ts';
import { until } from '../support/until.ts';
import { useHome } from './support.ts';

const script = (code: string): StackProcess => ({
  program: process.execPath,
  args: ['-e', code],
  env: { PATH: process.env['PATH'] },
  stopSignal: 'SIGTERM',
  stopWithinMs: 400,
  async healthy(log) {
    if (!log().includes('ready')) throw new Error('not ready');
  },
});
const stubborn = script(`process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)`);
const good = script(`console.log('ready'); setInterval(() => {}, 1000)`);

describe('the supervisor', () => {
  let supervisor: Supervisor;
  // Before the home goes.
  afterEach(() => supervisor.stop());
  const own = useHome();
  const told: string[] = [];
  let changes = 0;
  beforeEach(() => {
    told.length = 0;
    changes = 0;
    supervisor = createSupervisor(
      own.home,
      (line) => told.push(line),
      () => (changes += 1),
    );
  });
  const start = (process: StackProcess, name = 'probe', order = 0): Promise<() => number | undefined> =>
    supervisor.start({ name, title: `Probe ${name}`, order }, process);
  const idOf = (pid: () => number | undefined) => identify(Number(pid()));

  it('stops everything it started, even what does not listen, and nothing else', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
    const other = identify(Number(bystander.pid));
    try {
      const ids = [idOf(await start(good, 'a')), idOf(await start(stubborn, 'b', 1))];
      await supervisor.stop();
      assert.deepEqual(ids.map(isAlive), [false, false]);
      assert.equal(isAlive(other), true);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('stops the highest order first', async () => {
    const code = `process.on('SIGTERM', () => { console.log(process.hrtime.bigint()); process.exit() }); console.log('ready'); setInterval(() => {}, 1000)`;
    for (const [order, name] of ['low', 'high'].entries()) await start(script(code), name, order);
    await supervisor.stop();
    const [low, high] = ['low', 'high'].map((name) => BigInt(/^(\d+)n?$/m.exec(readFileSync(own.home.log(name), 'utf8'))?.[1] ?? 0));
    assert.ok(high && low && high < low);
  });

  it('starts again what dies, says so, and tells that the process is another', async () => {
    const pid = await start(good);
    const first = Number(pid());
    process.kill(first, 'SIGKILL');
    await until(() => changes === 1);
    assert.deepEqual(told, ['Probe probe stopped unexpectedly (SIGKILL): starting it again.', 'Probe probe is back.']);
    assert.notEqual(pid(), first);
    assert.equal(isAlive(idOf(pid)), true);
  });

  it('gives up on what keeps dying', async () => {
    await start(script(`console.log('ready'); setTimeout(() => process.exit(7), 200)`));
    await until(() => told.some((line) => /keeps stopping \(exit code 7\) and is left stopped/.test(line)), 15_000);
    assert.equal(told.filter((line) => line.endsWith('starting it again.')).length, 5);
  }).timeout(20_000);

  it('says why a program died at once, in its own words', async () => {
    const dying = script(`throw new Error('the port is taken')`);
    await assert.rejects(start(dying), {
      name: 'StackError',
      message: /^Probe probe stopped while starting \(exit code 1\): Error: the port is taken /,
    });
  });

  it('keeps logs to their owner', async () => {
    await start(good);
    assert.equal(statSync(own.home.log('probe')).mode & 0o777, 0o600);
  });

  it('lets the next stack stop what a killed one has left, and no later process of the same number', async () => {
    const left = idOf(await start(good));
    await start(good, 'b');
    assert.deepEqual(await stopLeftovers(own.home), ['Probe probe', 'Probe b']);
    assert.equal(isAlive(left), false);
    assert.equal(isAlive({ ...identify(process.pid), started: 'long ago' }), false);
  });
});
