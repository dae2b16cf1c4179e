import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { openHome } from '../../stack/home.ts';
import { mountDisks } from './disks.ts';

describe('the disks of the exercise', () => {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-disks-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  if (process.getuid?.() === 0)
    it('are full at once, also while they are written to, and take more when they are freed', async () => {
      const disks = await mountDisks(openHome(folder));
      const data = disks.home.data('redis');
      mkdirSync(data);
      const write = (): void => appendFileSync(join(data, 'file'), Buffer.alloc(16 * 1024));
      const writer = setInterval(() => {
        try {
          write();
        } catch {
          // Full: what is being waited for.
        }
      }, 0);
      try {
        for (const _ of [1, 2, 3, 4, 5]) {
          await disks.fill('redis');
          // What was left of the last page.
          assert.throws(() => [write(), write()], { code: 'ENOSPC' });
          await disks.free('redis');
          write();
        }
      } finally {
        clearInterval(writer);
        await disks.unmount();
      }
    });
  else
    it('are refused to who may not mount', async () => {
      await assert.rejects(mountDisks(openHome(folder)), { name: 'StackError', message: /root/ });
    });
});
