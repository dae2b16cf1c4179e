import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { defaultPolicy } from '../../../domain/dunning/policy.ts';
import { useApi } from '../../support/api.ts';

const path = '/v1/billing/dunning-policy';
interface Shown {
  readonly version: number;
  readonly policy: { readonly name: string };
  readonly actions: readonly string[];
}

describe('dunning policies', () => {
  const api = useApi();
  const get = (as: 'billing' | 'tenant_admin', school: 0 | 1 = 0) => api.send(path, { as, school });
  const put = (policy: object, ifMatch?: string, tenantId = api.schools[0].id, as: 'ops' | 'tenant_admin' = 'ops') => {
    const headers = ifMatch ? { 'if-match': ifMatch } : {};
    return api.send(`${path}?tenantId=${tenantId}`, { as, method: 'PUT', body: policy, headers });
  };
  const next = (version: number, name = 'gentle') => ({ ...defaultPolicy, name, version });

  it('are the standard one until the school makes its own', async () => {
    const { status, body, headers } = await get('billing');
    const { policy, version, actions } = body as unknown as Shown;
    assert.deepEqual([status, version, headers.get('etag'), actions], [200, 1, '"1"', []]);
    assert.deepEqual(policy, defaultPolicy);
    const ofSchool = await api.send(`${path}?tenantId=${api.schools[0].id}`, { as: 'ops' });
    assert.deepEqual([ofSchool.body['version'], ofSchool.body['actions']], [1, ['update']]);
  });

  it('are not written by the school, nor for one there is none of; nor read by another school', async () => {
    assert.equal((await put(next(2), '"1"', api.schools[0].id, 'tenant_admin')).status, 403);
    assert.equal((await put(next(2), '"1"', randomUUID())).status, 404);
    assert.equal((await api.send(path, { as: 'ops', method: 'PUT', body: next(2), headers: { 'if-match': '"1"' } })).status, 422);
    assert.equal((await api.send(`${path}?tenantId=${api.schools[0].id}`, { as: 'billing', school: 1 })).status, 404);
  });

  it('are written as the next version by who read the present one, and are of one school', async () => {
    assert.deepEqual(
      [(await put(next(2))).status, (await put(next(3), '"2"')).status, (await put(next(4), '"1"')).status],
      [428, 412, 422],
    );
    const made = await put(next(2), '"1"');
    assert.deepEqual([made.status, made.headers.get('etag'), made.body['version']], [200, '"2"', 2]);
    assert.deepEqual((await get('billing')).body['policy'], next(2));
    assert.deepEqual((await get('billing', 1)).body['version'], 1);
    assert.equal((await put(next(2), '"1"')).status, 412);
    const { body } = await api.send('/v1/audit?limit=1', { as: 'tenant_admin' });
    assert.deepEqual(
      [body['items']?.[0]?.['action'], body['items']?.[0]?.['requestId']],
      ['dunning-policy.update', made.headers.get('x-request-id')],
    );
  });

  it('are refused with everything that is wrong with them', async () => {
    const wrong = { ...next(9), window: { from: '18:00', to: '09:00' }, owner: 'both', caps: [], more: true };
    const { status, body } = await put(wrong, '"2"');
    assert.equal(status, 422);
    const paths = (body['issues'] as unknown as { path: string }[]).map(({ path: at }) => at);
    for (const part of ['window', 'owner', 'caps'])
      assert.ok(
        paths.some((at) => at.includes(part)),
        `${part} of ${paths.join(', ')}`,
      );
    assert.ok(JSON.stringify(body['issues']).includes('more'));
  });

  it('let one of two concurrent changes win', async () => {
    const answers = await Promise.all(['one', 'two', 'three'].map((name) => put(next(3, name), '"2"')));
    assert.deepEqual(answers.map(({ status }) => String(status)).sort(), ['200', '412', '412']);
  });

  it('are listed by version, newest first, page by page', async () => {
    const list = async (query: string) => (await api.send(`/v1/billing/dunning-policies?${query}`, { as: 'billing' })).body;
    const first = await list('limit=1');
    const second = await list(`limit=1&cursor=${String(first['nextCursor'])}`);
    assert.deepEqual(
      [first, second].map(({ items }) => items?.[0]?.['version']),
      [3, 2],
    );
    assert.equal('nextCursor' in second, false);
  });
});
