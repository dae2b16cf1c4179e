import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findBundle } from '../../workers/bundle.ts';

describe('the workflow bundle', function () {
  this.timeout(60_000);
  let cache: string;
  before(() => {
    const home = fileURLToPath(new URL('../../.toolbox/', import.meta.url));
    mkdirSync(home, { recursive: true });
    cache = mkdtempSync(`${home}bundle-`);
  });
  after(() => rmSync(cache, { recursive: true, force: true }));

  it('is made once for its sources and found again, under the same build id', async () => {
    const made = await findBundle(undefined, cache);
    const { mtimeMs } = statSync(made.codePath);
    assert.deepEqual(await findBundle(undefined, cache), made);
    assert.deepEqual([statSync(made.codePath).mtimeMs, readdirSync(cache).length], [mtimeMs, 1]);
    assert.match(made.buildId, /^[0-9a-f]{16}$/);
  });

  it('is the one that is named, where one is', async () => {
    const { codePath, buildId } = await findBundle(undefined, cache);
    assert.deepEqual(await findBundle(codePath), { codePath, buildId });
  });

  it('holds the workflows and no schema library', async () => {
    const { codePath } = await findBundle(undefined, cache);
    const code = readFileSync(codePath, 'utf8').replace(/\/\/# sourceMappingURL=.*$/m, '');
    assert.match(code, /onboardSchool/);
    assert.doesNotMatch(code, /node_modules\/zod/);
  });
});
