import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../../stack/lock.ts';
import { identify } from '../../stack/process-id.ts';
import { useHome } from './support.ts';

describe('the lock of a home', () => {
  const own = useHome();
  const file = (): string => join(own.home.dir, 'stack.lock');

  it('names the stack that has it', () => {
    const release = takeLock(own.home);
    writeFileSync(join(own.home.dir, 'stack.json'), JSON.stringify({ api: { url: 'http://127.0.0.1:3000' } }));
    assert.throws(() => takeLock(own.home), {
      name: 'StackError',
      message: `A stack is already running here (process ${process.pid}, http://127.0.0.1:3000): stop it first, or set TOOLBOX_HOME to run another.`,
    });
    release();
    assert.equal(existsSync(file()), false);
  });

  it('is taken over from a process that is gone', () => {
    writeFileSync(file(), JSON.stringify({ pid: 2 ** 22, started: '1' }));
    takeLock(own.home)();
  });

  it('is taken over when its number now belongs to another process', () => {
    writeFileSync(file(), JSON.stringify({ ...identify(process.pid), started: 'long ago' }));
    takeLock(own.home)();
  });
});
