import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { createRoblox } from '../../platform/roblox.ts';
import { keysOf, prefixesOf, usersIn } from '../../platform/roblox/universes.ts';
import { effectsOn, play, universeId } from '../support/roblox-school.ts';
import { useSandbox } from '../support/sandbox.ts';

const apiKey = 'rbx-very-secret';

describe('platform/roblox', () => {
  const sandbox = useSandbox('roblox');
  const robloxAt = (apiBase = sandbox.url, keyPatterns: readonly string[] = ['user_{userId}'], orderedStores: readonly string[] = []) =>
    createRoblox({ apiKey, apiBase, universes: [{ id: universeId, keyPatterns, orderedStores }] });
  const failure = (call: Promise<unknown>) =>
    call.then(
      () => assert.fail('It was to fail.'),
      (error: unknown) => error,
    );
  beforeEach(async () => {
    await sandbox.control.reset();
    await sandbox.control.clock({ now: '2026-12-01T10:10:00Z', freeze: true });
  });
  const day = 86_400;

  it('finds a user’s entries in every scope, and nobody’s whose number only begins so', async () => {
    for (const [store, key] of [
      ['Players', 'user_12'],
      ['Players/houses', 'user_12'],
      ['Players', 'user_123'],
      ['Players', 'level_12'],
    ] as const)
      await play(sandbox.url, store, key);
    const { active, deleted } = await robloxAt().findEntriesOf('12', universeId, 'Players');
    assert.deepEqual(
      active.map(({ scope, key }) => [scope, key]),
      [
        ['global', 'user_12'],
        ['houses', 'user_12'],
      ],
    );
    assert.deepEqual(deleted, []);
    assert.deepEqual((await robloxAt().findEntriesOf('9', universeId, 'Nowhere')).active, []);
  });

  it('writes over what was written in this hour, deletes it, and tells what is kept until when', async () => {
    await play(sandbox.url, 'Players', 'user_12', { secret: 'old' });
    const [entry] = (await robloxAt().findEntriesOf('12', universeId, 'Players')).active;
    assert.ok(entry);
    const erased = await robloxAt().eraseEntry(entry);
    assert.deepEqual(erased, { revisions: 1, tombstoneEndsAt: new Date('2026-12-31T10:10:00Z') });
    assert.deepEqual(await effectsOn(sandbox.control, 'user_12'), ['POST', 'PATCH', 'DELETE']);
    const listed = await fetch(`${sandbox.url}/cloud/v2/universes/${universeId}/data-stores/Players/entries/user_12:listRevisions`, {
      headers: { 'x-api-key': apiKey },
    });
    const revisions = ((await listed.json()) as { dataStoreEntries: { revisionId: string; state: string }[] }).dataStoreEntries;
    const kept = revisions.find(({ state }) => state === 'ACTIVE');
    const value = await fetch(`${sandbox.url}/cloud/v2/universes/${universeId}/data-stores/Players/entries/user_12@${kept?.revisionId}`, {
      headers: { 'x-api-key': apiKey },
    });
    assert.doesNotMatch(await value.text(), /old/);
  });

  it('erases once, however often an answer is lost', async () => {
    await play(sandbox.url, 'Players', 'user_12');
    const [entry] = (await robloxAt().findEntriesOf('12', universeId, 'Players')).active;
    assert.ok(entry);
    for (const method of ['PATCH', 'DELETE']) {
      await sandbox.control.addFault({ kind: 'reset-after', method });
      assert.match(inspect(await failure(robloxAt().eraseEntry(entry))), /vendor-unavailable/);
    }
    const again = await robloxAt().eraseEntry(entry);
    assert.equal(again?.tombstoneEndsAt.toISOString(), '2026-12-31T10:10:00.000Z');
    assert.deepEqual(await effectsOn(sandbox.control, 'user_12'), ['POST', 'PATCH', 'DELETE']);
    assert.equal((await robloxAt().findEntriesOf('12', universeId, 'Players')).deleted.length, 1);
    await sandbox.control.clock({ advanceSeconds: 30 * day });
    assert.equal(await robloxAt().eraseEntry(entry), undefined);
    assert.deepEqual(await robloxAt().findEntriesOf('12', universeId, 'Players'), { active: [], deleted: [] });
  });

  it('keeps older revisions in the tale: they are Roblox’s for 30 days', async () => {
    await play(sandbox.url, 'Players', 'user_12');
    await sandbox.control.clock({ advanceSeconds: 7_200 });
    const [entry] = (await robloxAt().findEntriesOf('12', universeId, 'Players')).active;
    assert.ok(entry);
    assert.equal((await robloxAt().eraseEntry(entry))?.revisions, 2);
  });

  it('finds by a predicate who is left, among all that is listed, deleted or not', async () => {
    await sandbox.control.call('PUT', '/limits', { list: 1_000, write: 1_000 });
    for (let user = 1; user <= 300; user += 1) await play(sandbox.url, 'Players', `user_${user}`);
    const [entry] = (await robloxAt().findEntriesOf('7', universeId, 'Players')).active;
    assert.ok(entry);
    await robloxAt().eraseEntry(entry);
    const player = async (ids: readonly string[]) => new Set(ids.filter((id) => id === '7' || id === '299'));
    const left = await robloxAt().findEntriesOf(player, universeId, 'Players');
    assert.deepEqual([left.active.map(({ key }) => key), left.deleted.map(({ key }) => key)], [['user_299'], ['user_7']]);
  }).timeout(20_000);

  it('knows ordered data stores by name, where what is deleted is gone', async () => {
    const roblox = robloxAt(sandbox.url, ['user_{userId}'], ['Wins', 'Wins/season-1']);
    const path = `${sandbox.url}/cloud/v2/universes/${universeId}/ordered-data-stores/Wins/scopes/season-1/entries?id=user_12`;
    await fetch(path, { method: 'POST', headers: { 'x-api-key': 'game' }, body: JSON.stringify({ value: 3 }) });
    const told = (wanted: string) => async (ids: readonly string[]) => new Set(ids.filter((id) => id === wanted));
    for (const [twelve, one] of [
      ['12', '1'],
      [told('12'), told('1')],
    ] as const)
      assert.deepEqual([await roblox.countOrdered(twelve, universeId), await roblox.countOrdered(one, universeId)], [1, 0]);
    assert.deepEqual([await roblox.eraseOrdered('12', universeId), await roblox.eraseOrdered('12', universeId)], [1, 0]);
  });

  it('tells refusals from what may pass, waits as long as it is told, and quotes neither key nor player', async () => {
    await sandbox.control.call('PUT', '/keys', { key: apiKey, scopes: [] });
    const refused = await failure(robloxAt().findEntriesOf('47110815', universeId, 'Players'));
    assert.match(inspect(refused), /vendor-refused/);
    await sandbox.control.reset();
    await sandbox.control.addFault({ kind: 'rate-limit' });
    const limited = (await failure(robloxAt().findEntriesOf('47110815', universeId, 'Players'))) as { retryAfterSeconds?: number };
    assert.equal(limited.retryAfterSeconds, 1);
    await sandbox.control.addFault({ kind: 'status', status: 404, body: { errors: [{ code: 0, message: 'NotFound' }] } });
    const lost = await failure(robloxAt().findEntriesOf('47110815', universeId, 'Players'));
    assert.match(inspect(lost), /vendor-refused/);
    const away = await failure(robloxAt('http://127.0.0.1:9').findEntriesOf('47110815', universeId, 'Players'));
    assert.match(inspect(away), /vendor-unavailable/);
    for (const error of [refused, limited, lost, away]) assert.doesNotMatch(inspect(error, { depth: 10 }), /47110815|very-secret/);
  });

  it('reads keys by the patterns of a universe', () => {
    const universe = { id: '1', keyPatterns: ['user_{userId}', '{userId}/inventory'], orderedStores: [] };
    assert.deepEqual(keysOf(universe, '12'), ['user_12', '12/inventory']);
    assert.deepEqual(prefixesOf(universe, '12'), ['user_12', '12']);
    assert.deepEqual(
      ['user_12', '12/inventory', 'user_12x', 'user_', '012/inventory', 'user_1e5'].map((key) => usersIn(universe, key)),
      [['12'], ['12'], [], [], [], []],
    );
  });
});
