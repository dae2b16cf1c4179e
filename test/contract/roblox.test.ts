import assert from 'node:assert/strict';
import { openCloudAt } from '../sandboxes/support/open-cloud.ts';
import type { OpenCloud } from '../sandboxes/support/open-cloud.ts';
import { describeContract } from './support/suite.ts';

const stores = '/universes/1001/data-stores';

describeContract('roblox', async ({ proxy }) => {
  const cloud = openCloudAt(proxy.url);
  const ask: OpenCloud = async (method, path, body) => {
    const answer = await cloud(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}`);
    return answer;
  };
  await ask('GET', '/users/156');
  await entries(ask, `${stores}/Players/entries`);
  await entries(ask, `${stores}/Players/scopes/houses/entries`);
  await ask('GET', `${stores}?maxPageSize=5&showDeleted=true&filter=${encodeURIComponent('id.startsWith("Play")')}`);
  await ask('POST', `${stores}:snapshot`, {});
  await ask('DELETE', `${stores}/Players`);
  await ask('POST', `${stores}/Players:undelete`, {});
  await orderedEntries(ask);
  for (const [method, path, status] of [
    ['GET', `${stores}/Players/entries/user_9`, 404],
    ['POST', `${stores}/Players/entries?id=${'x'.repeat(51)}`, 400],
    ['GET', '/users/nobody', 404],
  ] as const)
    assert.equal((await cloud(method, path, method === 'POST' ? {} : undefined)).status, status);
  assert.equal((await cloud('GET', stores, undefined, {})).status, 401);
});

async function entries(ask: OpenCloud, root: string): Promise<void> {
  await ask('POST', `${root}?id=user_156`, { value: { coins: 3 }, users: ['users/156'], attributes: { level: 2 } });
  const { body } = await ask('GET', `${root}/user_156`);
  await ask('PATCH', `${root}/user_156?allowMissing=true`, { value: 4 });
  await ask('POST', `${root}/user_156:increment`, { amount: 2 });
  await ask('GET', `${root}?maxPageSize=10&showDeleted=true&filter=${encodeURIComponent('id.startsWith("user_")')}`);
  await ask('DELETE', `${root}/user_156`);
  await ask('GET', `${root}/user_156:listRevisions?maxPageSize=100`);
  assert.equal(typeof body['revisionId'], 'string');
}

async function orderedEntries(ask: OpenCloud): Promise<void> {
  const root = '/universes/1001/ordered-data-stores/Wins/scopes/global/entries';
  await ask('POST', `${root}?id=user_156`, { value: 3 });
  await ask('GET', `${root}?orderBy=${encodeURIComponent('value desc')}&maxPageSize=5`);
  await ask('GET', `${root}/user_156`);
  await ask('PATCH', `${root}/user_156?allowMissing=true`, { value: 4 });
  await ask('POST', `${root}/user_156:increment`, { amount: 2 });
  await ask('DELETE', `${root}/user_156`);
}
