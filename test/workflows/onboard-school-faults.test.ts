import assert from 'node:assert/strict';
import type { FaultRule } from '../../sandboxes/support/faults.ts';
import { useOnboarding } from './support/onboarding.ts';
import { rosterFiles, zipOf } from './support/small-roster.ts';

/** Every request of the process that changes something at a vendor. */
const requests = [
  ['stripe', 'POST', '/v1/customers'],
  ['stripe', 'POST', '/v1/products'],
  ['stripe', 'POST', '/v1/prices'],
  ['stripe', 'POST', '/v1/subscriptions'],
  ['sendgrid', 'POST', '/v3/mail/send'],
  ['pusher', 'POST', '*'],
] as const;

/** The client of Stripe tries once more by itself when a connection breaks: break two. */
const faults: Readonly<Record<string, Omit<FaultRule, 'method' | 'path'>>> = {
  'cuts the line before the request': { kind: 'reset-before', times: 2 },
  'cuts the line after the request': { kind: 'reset-after', times: 2 },
  'is out of order': { kind: 'status', status: 503, times: 2 },
  'is too busy': { kind: 'status', status: 429, times: 2 },
  'fails and says so for ever after': { kind: 'status', status: 500, stored: true },
};

describe('onboardSchool, disturbed', () => {
  const onboarding = useOnboarding();
  const vendors = ['stripe', 'sendgrid', 'pusher'] as const;

  /** What the outside world saw of one onboarding, ids replaced. */
  async function seen(): Promise<string[]> {
    const { handle, tenantId } = await onboarding.start({ rosterUploadId: await onboarding.upload(await zipOf(rosterFiles)) });
    await handle.result();
    const ledgers = await Promise.all(vendors.map((vendor) => onboarding[vendor].control.ledger()));
    const effects = ledgers
      .flat()
      .map(({ vendor, operation, body }) => `${vendor} ${operation} ${anonymous(JSON.stringify(body), tenantId)}`);
    return effects.filter(onceFrom(new Set())).sort();
  }
  // A push may be heard twice; its id tells, and receivers drop the second.
  const onceFrom =
    (heard: Set<string>) =>
    (effect: string): boolean =>
      !effect.startsWith('pusher') || (!heard.has(effect) && Boolean(heard.add(effect)));
  const anonymous = (text: string, tenantId: string): string =>
    text
      .replaceAll(tenantId, 'TENANT')
      .replace(/school-\d+-\d+/g, 'SLUG')
      .replace(/\b(?:cus|price|prod|sub)_\w{10,}/g, 'ID')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID')
      .replace(/#token=[\w-]+/g, '#token=TOKEN')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/until [^.]+\./g, 'until WHEN.');

  let undisturbed: string[];
  const reset = () => Promise.all(vendors.map((vendor) => onboarding[vendor].control.reset()));
  before(async () => {
    undisturbed = await seen();
    assert.equal(undisturbed.filter((effect) => effect.startsWith('sendgrid')).length, 3);
  });
  beforeEach(reset);

  for (const [vendor, method, path] of requests)
    for (const [what, fault] of Object.entries(faults))
      if (vendor === 'stripe' || !('stored' in fault))
        it(`looks the same from outside when ${vendor} ${what} (${method} ${path})`, async () => {
          await onboarding[vendor].control.addFault({ ...fault, method, path });
          assert.deepEqual(await seen(), undisturbed);
        });
}).timeout(60_000);
