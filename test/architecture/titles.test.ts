import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';

const tests = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));

describe('the tests', () => {
  it('state what is, not what is wished for', () => {
    const wishes = tests.filter((file) => /\bit\(\s*['"`][^'"`]*\bshould\b/.test(readFileSync(`test/${file}`, 'utf8')));
    assert.deepEqual(wishes, []);
  });

  it('wait for a condition and never sleep', () => {
    const sleepers = tests.filter((file) => /await (?:sleep|delay)\(|await setTimeout\(/.test(readFileSync(`test/${file}`, 'utf8')));
    assert.deepEqual(sleepers, []);
  });
});
