import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type FileLines, measureGroups } from '../support/coverage-groups.ts';

const product = ['activities', 'api', 'platform', 'policies'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
);
const allRun = (path: string): FileLines => ({ path, total: 10, covered: 10 });

describe('the groups of files that must not go untested', () => {
  it('fit files that are there', () => {
    const groups = measureGroups(product.filter((file) => file.endsWith('.ts')).map(allRun));
    assert.deepEqual(
      groups.map(({ group, percent, lacking }) => [group, percent, lacking.length]),
      ['auth', 'tenancy', 'keyring', 'effects'].map((group) => [group, 100, 0]),
    );
  });

  it('are measured by their lines together, and name what lacks most first', () => {
    const files = [
      { path: 'a/one.ts', total: 90, covered: 88 },
      { path: 'a/two.ts', total: 10, covered: 5 },
      { path: 'b/three.ts', total: 10, covered: 0 },
    ];
    assert.deepEqual(measureGroups(files, { a: [/^a\/one/, /^a\/two/] }), [
      { group: 'a', percent: 93, lacking: ['a/two.ts (5 of 10 lines)', 'a/one.ts (2 of 90 lines)'] },
    ]);
  });

  it('are refused when a pattern fits no file', () => {
    assert.throws(() => measureGroups([allRun('a/one.ts')], { a: [/^a\//, /^gone/] }), /'a'.*gone.*fits no file/);
  });
});
