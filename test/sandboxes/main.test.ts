import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connectControl } from '../../sandboxes/support/control-client.ts';
import { vendorNames } from '../../sandboxes/support/start.ts';

// A child compiles the same files in another form, and its coverage would spoil this process's.
const env = { ...process.env, NODE_V8_COVERAGE: '' };
const run = (...args: string[]) =>
  spawn(process.execPath, ['--import', 'tsx', 'sandboxes/main.ts', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });

describe('sandboxes/main.ts', function () {
  this.timeout(30_000);

  it('runs each vendor as a process, says where it is, and ends when told', async () => {
    await Promise.all(
      vendorNames.map(async (vendor) => {
        const child = run(vendor);
        const [line] = (await once(child.stdout, 'data')) as [Buffer];
        const ready = JSON.parse(line.toString()) as { msg: string; vendor: string; url: string; pid: number };
        assert.deepEqual([ready.msg, ready.vendor, ready.pid], ['ready', vendor, child.pid]);
        assert.match(ready.url, /^http:\/\/127\.0\.0\.1:\d+$/);
        assert.equal((await connectControl(ready.url).health()).vendor, vendor);
        child.kill('SIGTERM');
        assert.deepEqual(await once(child, 'exit'), [0, null]);
      }),
    );
  });

  it('names the vendors there are when asked for another', async () => {
    const child = run('paypal');
    const [words] = (await once(child.stderr, 'data')) as [Buffer];
    assert.match(words.toString(), /stripe\|sendgrid\|pusher\|roblox/);
    assert.deepEqual(await once(child, 'exit'), [2, null]);
  });
});
