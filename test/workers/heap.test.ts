import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { thrifty } from '../../stack/parts/worker.ts';
import { checkHeap } from '../../workers/heap.ts';

const limitOf = (flags: readonly string[]): number => {
  const program = "process.stdout.write(String(require('node:v8').getHeapStatistics().heap_size_limit))";
  return Number(execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8', env: {} }));
};
function warnings(limitBytes: number): string[] {
  const told: string[] = [];
  checkHeap(
    { warn: ((_fields: object, message: string) => void told.push(message)) as Parameters<typeof checkHeap>[0]['warn'] },
    limitBytes,
  );
  return told;
}

describe("the worker's heap", () => {
  it('is as large as it may be under `npm start`', () => assert.deepEqual(warnings(limitOf(thrifty.node)), []));

  it('is warned of where Node was given a larger one, or took one by itself', () => {
    assert.match(warnings(limitOf(['--max-old-space-size=2048'])).join(), /--max-old-space-size=512/);
  });
}).timeout(20_000);
