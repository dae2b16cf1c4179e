import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { vendorQueues, type VendorQueue } from '../../domain/task-queues.ts';

/** How a file of platform/ is known to be a vendor's: by the vendor's package, or by its own name where the vendor has none. */
const signs: Readonly<Record<VendorQueue, RegExp>> = {
  stripe: /from 'stripe'|^platform\/stripe\b/m,
  sendgrid: /from '@sendgrid\//m,
  roblox: /^platform\/roblox\b/m,
};
const textOf = (path: string): string => readFileSync(path, 'utf8');

/** Everything a file reaches by its imports, types too: who takes a vendor's client names its type. */
function reachOf(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, from = ''] of textOf(path).matchAll(/ from '(\.[^']+)'/g)) {
    const to = join(dirname(path), from);
    if (existsSync(to)) reachOf(to, found);
  }
  return found;
}
const vendorsOf = (path: string): VendorQueue[] => {
  const platform = [...reachOf(path)].filter((file) => file.startsWith('platform/'));
  return vendorQueues.filter((vendor) => platform.some((file) => signs[vendor].test(`${file}\n${textOf(file)}`)));
};
const declaredBy = (path: string): string[] => [...textOf(path).matchAll(/\bonQueue\(taskQueues\.(\w+)/g)].map(([, queue = '']) => queue);

describe('activities that talk to a vendor', () => {
  const files = readdirSync('activities')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `activities/${file}`);

  it('are found by what they import', () => {
    const found = files.filter((file) => vendorsOf(file).length > 0).map((file) => `${file}: ${vendorsOf(file).join(', ')}`);
    assert.ok(
      found.includes('activities/billing.ts: stripe') && found.includes('activities/invitation-mail.ts: sendgrid'),
      found.join('\n'),
    );
  });

  for (const file of files)
    it(`are on that vendor's queue and no other, or on none where there is no vendor: ${file}`, () =>
      assert.deepEqual(declaredBy(file), vendorsOf(file)));

  it('are reached by workflows through the proxies alone', () => {
    const sources = readdirSync('workflows', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const others = sources.filter((file) =>
      /\bproxy(?:Local)?Activities\b|\bscheduleActivity\b|taskQueue:/.test(textOf(`workflows/${file}`)),
    );
    // The interceptor hands activities on as they come.
    assert.deepEqual(others.sort(), ['support/interceptors.ts', 'support/proxies.ts']);
  });
});
