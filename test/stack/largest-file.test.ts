import assert from 'node:assert/strict';
import fs, { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { largestFile } from '../../stack/largest-file.ts';
import { useHome } from './support.ts';

describe('the largest file below a folder', () => {
  const own = useHome();

  it('is found at any depth', () => {
    mkdirSync(join(own.home.dir, 'fetching/pip-unpack'), { recursive: true });
    writeFileSync(join(own.home.dir, 'fetching/pip-unpack/probe.whl'), 'x'.repeat(700));
    writeFileSync(join(own.home.dir, 'fetching/requirements.txt'), 'x');
    assert.equal(largestFile(own.home.fetching), 700);
    assert.equal(largestFile(join(own.home.dir, 'nowhere')), 0);
  });

  it('is looked for while another program deletes folders', () => {
    const gone = join(own.home.fetching, 'pip-unpack');
    mkdirSync(gone, { recursive: true });
    const { readdirSync } = fs;
    // Deletes the folder between being told of it and looking into it.
    const racing = (...args: Parameters<typeof readdirSync>) => {
      const entries = readdirSync(...args);
      rmSync(gone, { recursive: true, force: true });
      return entries;
    };
    Object.assign(fs, { readdirSync: racing });
    syncBuiltinESMExports();
    try {
      assert.equal(largestFile(own.home.fetching), 0);
    } finally {
      Object.assign(fs, { readdirSync });
      syncBuiltinESMExports();
    }
  });
});
