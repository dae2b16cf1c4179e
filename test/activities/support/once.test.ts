import assert from 'node:assert/strict';
import { once, outcomeOf, type Ask } from '../../../activities/support/once.ts';
import { VendorUnavailableError } from '../../../domain/errors.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { newId } from '../../../platform/ids.ts';
import { useDatabases } from '../../support/database.ts';

describe('activities/support/once', () => {
  const databases = useDatabases();
  const deps = () => ({ knex: databases.main });
  const effectOf = (key = newId()) => ({ tenantId: platformTenantId, key, vendor: 'stripe', operation: 'test' });
  const never: Ask = () => assert.fail('Nobody was to be asked.');
  const lost = (): Promise<string> => Promise.reject(new VendorUnavailableError('V', 'no answer'));

  it('acts once, without asking, and knows the answer afterwards', async () => {
    const effect = effectOf();
    const keys: string[] = [];
    const act = async (key: string): Promise<string> => `made-${keys.push(key)}`;
    assert.equal(await once(deps(), effect, { ask: never, act }), 'made-1');
    assert.equal(await once(deps(), effect, { ask: never, act }), 'made-1');
    assert.deepEqual(keys, [effect.key]);
  });

  it('asks when an earlier attempt left no outcome, and acts only when there is none', async () => {
    const [known, unknown] = [effectOf(), effectOf()];
    for (const effect of [known, unknown])
      await assert.rejects(once(deps(), effect, { ask: never, act: lost }), { code: 'vendor-unavailable' });
    const act = async (key: string): Promise<string> => `made under ${key}`;
    assert.equal(await once(deps(), known, { ask: async () => 'found', act: () => assert.fail('It was there.') }), 'found');
    assert.equal(await once(deps(), unknown, { ask: async () => undefined, act }), `made under ${unknown.key}`);
  });

  it('asks from the time of the first attempt on', async () => {
    const effect = effectOf();
    const began = Date.now();
    await assert.rejects(once(deps(), effect, { ask: never, act: lost }), { code: 'vendor-unavailable' });
    const asked: Date[] = [];
    await once(deps(), effect, { ask: async (since) => `found-${asked.push(since)}`, act: lost });
    assert.ok(Math.abs((asked[0]?.getTime() ?? 0) - began) < 5_000);
  });

  it('keeps the effects of tenants apart', async () => {
    const effect = effectOf();
    await assert.rejects(once(deps(), { ...effect, tenantId: newId() }, { ask: never, act: lost }));
    assert.equal(await once(deps(), effect, { ask: never, act: async () => 'made' }), 'made');
  });

  it('tells what came of an effect, and waits for a request that may still be under way', async () => {
    const effect = effectOf();
    const outcome = (ask: Ask) => outcomeOf(deps(), { ...effect, underWayMs: 20 }, ask);
    assert.equal(await outcome(never), undefined);
    await assert.rejects(once(deps(), effect, { ask: never, act: lost }), { code: 'vendor-unavailable' });
    const answers = [undefined, 'arrived late'];
    assert.equal(await outcome(async () => answers.shift()), 'arrived late');
    assert.equal(await outcome(async () => undefined), undefined);
    await once(deps(), effect, { ask: async () => 'found', act: lost });
    assert.equal(await outcome(never), 'found');
  });
});
