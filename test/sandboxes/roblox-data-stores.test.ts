import assert from 'node:assert/strict';
import { useSandbox } from '../support/sandbox.ts';
import { idsOf, openCloudAt } from './support/open-cloud.ts';
import type { OpenCloud } from './support/open-cloud.ts';

const store = '/universes/1001/data-stores/Players';
const entries = `${store}/entries`;
const user = `${entries}/user_156`;

describe('data stores of the Roblox sandbox', () => {
  const sandbox = useSandbox('roblox');
  let ask: OpenCloud;
  beforeEach(async () => {
    await sandbox.control.reset();
    ask = openCloudAt(sandbox.url);
    await sandbox.control.clock({ now: '2026-12-01T10:10:00Z', freeze: true });
  });
  const create = (id: string, value: unknown = { coins: 1 }, root = entries) =>
    ask('POST', `${root}?id=${encodeURIComponent(id)}`, { value });
  const pass = (seconds: number) => sandbox.control.clock({ advanceSeconds: seconds });
  const revisions = async (path = user) =>
    ((await ask('GET', `${path}:listRevisions`)).body['dataStoreEntries'] as { revisionId: string; state: string }[]) ?? [];
  const [hour, day] = [3_600, 86_400];

  it('keep an entry with what belongs to it, and refuse a second one of the name', async () => {
    const made = await ask('POST', `${entries}?id=user_156`, { value: { coins: 3 }, users: ['users/156'], attributes: { level: 2 } });
    assert.equal(made.status, 200);
    const { body } = await ask('GET', user);
    assert.deepEqual(body, made.body);
    assert.deepEqual([body['path'], body['state'], body['users']], [user.slice(1), 'ACTIVE', ['users/156']]);
    const again = await create('user_156');
    assert.deepEqual([again.status, again.body['code']], [400, 'INVALID_ARGUMENT']);
    assert.equal((await ask('PATCH', `${entries}/user_9`, { value: 1 })).status, 404);
    assert.equal((await ask('PATCH', `${entries}/user_9?allowMissing=true`, { value: 1 })).status, 200);
    assert.deepEqual((await ask('PATCH', user, { value: 4 })).body['users'], []);
    assert.equal((await ask('POST', `${user}:increment`, { amount: 5 })).body['value'], 9);
  });

  it('are listed by prefix, page by page, and over scopes by a dash', async () => {
    for (const id of ['user_1', 'user_15', 'user_156', 'level_1']) await create(id);
    await create('user_15', {}, `${store}/scopes/houses/entries`);
    const first = await ask('GET', `${entries}?maxPageSize=2&filter=${encodeURIComponent('id.startsWith("user_1")')}`);
    assert.deepEqual(idsOf(first), ['user_1', 'user_15']);
    const token = String(first.body['nextPageToken']);
    const second = await ask('GET', `${entries}?maxPageSize=2&pageToken=${token}&filter=${encodeURIComponent('id.startsWith("user_1")')}`);
    assert.deepEqual([idsOf(second), second.body['nextPageToken']], [['user_156'], undefined]);
    const all = await ask('GET', `${store}/scopes/-/entries?filter=${encodeURIComponent('id.startsWith("user_15")')}`);
    const paths = (all.body['dataStoreEntries'] as { path: string }[]).map(({ path }) => path.replace(`${store.slice(1)}/`, ''));
    assert.deepEqual(paths, ['scopes/global/entries/user_15', 'scopes/global/entries/user_156', 'scopes/houses/entries/user_15']);
    assert.equal((await ask('GET', `${entries}?filter=id%20%3D%201`)).status, 400);
    assert.deepEqual(idsOf(await ask('GET', '/universes/1001/data-stores'), 'dataStores'), ['Players']);
  });

  it('keep names with the signs that paths are made of', async () => {
    const name = 'user:1/2@3';
    await create(name);
    const { body } = await ask('GET', `${entries}/${encodeURIComponent(name)}`);
    assert.equal(body['id'], name);
    assert.equal((await revisions(`${entries}/${encodeURIComponent(name)}`)).length, 1);
  });

  it('replace within an hour for good, and keep what an hour later is written over for 30 days', async () => {
    await create('user_156', 'first');
    await pass(60);
    await ask('PATCH', user, { value: 'second' });
    assert.equal((await revisions()).length, 1);
    await pass(hour);
    await ask('PATCH', user, { value: 'third' });
    const [newest, older] = await revisions();
    assert.equal((await ask('GET', `${user}@${older?.revisionId}`)).body['value'], 'second');
    assert.equal((await ask('GET', `${user}@latest:2026-12-01T10:30:00Z`)).body['value'], 'second');
    await pass(30 * day);
    assert.deepEqual(await revisions(), [newest]);
    assert.equal((await ask('GET', `${user}@${older?.revisionId}`)).status, 404);
  });

  it('keep what was there at a snapshot, one a day', async () => {
    await create('user_156', 'first');
    await pass(60);
    const taken = await ask('POST', '/universes/1001/data-stores:snapshot', {});
    assert.equal(taken.body['newSnapshotTaken'], true);
    assert.equal((await ask('POST', '/universes/1001/data-stores:snapshot', {})).body['newSnapshotTaken'], false);
    await pass(60);
    await ask('PATCH', user, { value: 'second' });
    assert.equal((await revisions()).length, 2);
  });

  it('leave a tombstone with readable revisions for 30 days, and then nothing', async () => {
    await create('user_156', 'secret');
    const [{ revisionId } = { revisionId: '' }] = await revisions();
    assert.deepEqual((await ask('DELETE', user)).body, {});
    assert.equal((await ask('GET', user)).status, 404);
    assert.equal((await ask('DELETE', user)).status, 404);
    assert.deepEqual(idsOf(await ask('GET', entries)), []);
    assert.deepEqual(idsOf(await ask('GET', `${entries}?showDeleted=true`)), ['user_156']);
    assert.deepEqual(
      (await revisions()).map(({ state }) => state),
      ['DELETED', 'ACTIVE'],
    );
    await pass(30 * day - 1);
    assert.equal((await ask('GET', `${user}@${revisionId}`)).body['value'], 'secret');
    await pass(1);
    assert.deepEqual(idsOf(await ask('GET', `${entries}?showDeleted=true`)), []);
    assert.equal((await ask('GET', `${user}@${revisionId}`)).status, 404);
    assert.equal((await ask('GET', `${user}:listRevisions`)).status, 404);
  });

  it('take back what was deleted when it is written again', async () => {
    await create('user_156', 'first');
    await ask('DELETE', user);
    const [, { revisionId } = { revisionId: '' }] = await revisions();
    const { body: before } = await ask('GET', `${user}@${revisionId}`);
    assert.equal((await ask('PATCH', `${user}?allowMissing=true`, { value: before['value'] })).status, 200);
    assert.equal((await ask('GET', user)).body['value'], 'first');
  });

  it('are scheduled for deletion whole, taken back, and gone after 30 days', async () => {
    await create('user_156');
    const marked = await ask('DELETE', store);
    assert.deepEqual([marked.body['state'], marked.body['expireTime']], ['DELETED', '2026-12-31T10:10:00.000Z']);
    assert.equal((await ask('GET', entries)).status, 404);
    assert.deepEqual(idsOf(await ask('GET', '/universes/1001/data-stores'), 'dataStores'), []);
    assert.deepEqual(idsOf(await ask('GET', '/universes/1001/data-stores?showDeleted=true'), 'dataStores'), ['Players']);
    assert.equal((await ask('POST', `${store}:undelete`, {})).body['state'], 'ACTIVE');
    assert.equal((await ask('GET', user)).status, 200);
    await ask('DELETE', store);
    await pass(30 * day);
    assert.deepEqual(idsOf(await ask('GET', '/universes/1001/data-stores?showDeleted=true'), 'dataStores'), []);
  });

  it('hold a key to its scopes and universes, and a minute to its budget', async () => {
    await sandbox.control.call('PUT', '/keys', { key: 'reader', scopes: ['universe-datastores.objects:read'], universes: ['7'] });
    const reader = openCloudAt(sandbox.url, 'reader');
    const refused = await reader('DELETE', user);
    assert.deepEqual([refused.status, refused.body['code']], [403, 'PERMISSION_DENIED']);
    assert.equal((await reader('GET', user)).status, 403);
    await sandbox.control.call('PUT', '/limits', { write: 1 });
    await create('user_1');
    const limited = await create('user_2');
    assert.deepEqual([limited.status, limited.headers.get('retry-after'), limited.body['code']], [429, '60', 'RESOURCE_EXHAUSTED']);
    await pass(60);
    assert.equal((await create('user_2')).status, 200);
    await sandbox.control.addFault({ kind: 'rate-limit', path: '*user_2' });
    assert.equal((await ask('GET', `${entries}/user_2`)).status, 429);
  });

  it('write down effects, and no reads or refusals', async () => {
    await create('user_156');
    await create('user_156');
    await ask('GET', user);
    await ask('DELETE', user);
    assert.deepEqual(
      (await sandbox.control.ledger()).map(({ operation, businessKey }) => [operation.split(' ')[0], businessKey]),
      [
        ['POST', 'universes/1001/data-stores/Players/scopes/global/entries/user_156'],
        ['DELETE', 'universes/1001/data-stores/Players/scopes/global/entries/user_156'],
      ],
    );
  });

  it('have ordered ones beside them, without revisions', async () => {
    const wins = '/universes/1001/ordered-data-stores/Wins/scopes/global/entries';
    for (const [id, value] of [
      ['user_1', 5],
      ['user_2', 9],
    ] as const)
      await ask('POST', `${wins}?id=${id}`, { value });
    assert.deepEqual(idsOf(await ask('GET', `${wins}?maxPageSize=1`), 'orderedDataStoreEntries'), ['user_1']);
    assert.deepEqual(idsOf(await ask('GET', `${wins}?orderBy=value%20desc`), 'orderedDataStoreEntries'), ['user_2', 'user_1']);
    assert.equal((await ask('POST', `${wins}/user_1:increment`, { amount: 2 })).body['value'], 7);
    assert.equal((await ask('PATCH', `${wins}/user_1`, { value: 1 })).body['value'], 1);
    assert.equal((await ask('DELETE', `${wins}/user_1`)).status, 200);
    assert.deepEqual([(await ask('GET', `${wins}/user_1`)).status, (await ask('DELETE', `${wins}/user_1`)).status], [404, 404]);
  });
});
