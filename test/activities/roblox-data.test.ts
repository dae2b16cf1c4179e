import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createRobloxDataActivities, type StorePosition } from '../../activities/roblox-data.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { newId } from '../../platform/ids.ts';
import { createRoblox } from '../../platform/roblox.ts';
import { useDatabases } from '../support/database.ts';
import { addPlayer, effectsOn, play, universeId } from '../support/roblox-school.ts';
import { useSandbox } from '../support/sandbox.ts';
import { makeTenant } from '../support/school.ts';
import { useVault } from '../support/vault.ts';

describe('activities/roblox-data', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const vault = useVault();
  const sandbox = useSandbox('roblox');
  let keyring: Keyring;
  let tenantId: string;
  let personId: string;

  before(async () => {
    keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, `s-${newId()}`);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    await sandbox.control.clock({ now: '2026-12-01T10:10:00Z', freeze: true });
    personId = await addPlayer({ main: databases.main, keyring }, tenantId, '4711');
  });

  const activities = () => {
    const universes = ['7', universeId].map((id) => ({ id, keyPatterns: ['user_{userId}'], orderedStores: [] }));
    return createRobloxDataActivities({
      knex: databases.main,
      keyring,
      roblox: createRoblox({ apiKey: 'x', apiBase: sandbox.url, universes }),
    });
  };
  /** As a workflow goes through the pages; answers each. */
  async function pages<Page extends { readonly next?: StorePosition }>(
    ask: (at: StorePosition | undefined) => Promise<Page>,
  ): Promise<Page[]> {
    const all: Page[] = [];
    for (let at: StorePosition | undefined; all.length === 0 || at; at = all.at(-1)?.next) all.push(await ask(at));
    return all;
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  const counted = async () => {
    const all = await pages((at) => activities().countRobloxEntries({ tenantId, personId, ...(at ? { at } : {}) }));
    return [sum(all.map(({ entries }) => entries)), sum(all.map(({ tombstones }) => tombstones))];
  };
  const erased = (requestId: string) =>
    pages((at) => activities().eraseRobloxEntries({ tenantId, personId, requestId, ...(at ? { at } : {}) }));
  const check = (requestId: string) => new MockActivityEnvironment().run(activities().checkRobloxEntries, { tenantId, requestId });

  it('count, erase and find again by digest alone, page by page, in all of our experiences', async () => {
    for (let store = 1; store <= 12; store += 1) await play(sandbox.url, `Store${String(store).padStart(2, '0')}`, 'user_4711');
    await play(sandbox.url, 'Store01', 'user_47110');
    assert.deepEqual(await counted(), [12, 0]);
    const requestId = newId();
    const done = await erased(requestId);
    assert.ok(done.length > 3, `${done.length} pages`);
    assert.doesNotMatch(JSON.stringify(done), /4711/);
    assert.equal(sum(done.map(({ erased: count }) => count)), 12);
    assert.ok(done.every(({ erased: count, tombstoneEndsAt: ends }) => count === 0 || ends === '2026-12-31T10:10:00.000Z'));
    assert.deepEqual(await counted(), [0, 12]);

    await keyring.destroySubjectKeys(tenantId, [personId]);
    assert.deepEqual(await counted(), [0, 0]);
    assert.deepEqual(await check(requestId), { entries: 0, tombstones: 12 });
    await play(sandbox.url, 'Store03', 'user_4711');
    assert.deepEqual(await check(requestId), { entries: 1, tombstones: 11 });
    assert.deepEqual(await check(newId()), { entries: 0, tombstones: 0 });
    await sandbox.control.clock({ advanceSeconds: 30 * 86_400 });
    assert.deepEqual(await check(requestId), { entries: 1, tombstones: 0 });
  });

  it('do nothing twice: erased again, and after a lost answer, it ends the same', async () => {
    await play(sandbox.url, 'Players', 'user_4711');
    const requestId = newId();
    await sandbox.control.addFault({ kind: 'reset-after', method: 'DELETE' });
    await assert.rejects(erased(requestId), { code: 'vendor-unavailable' });
    const [first] = await erased(requestId);
    const [again] = await erased(requestId);
    assert.deepEqual(again, first);
    assert.deepEqual(await effectsOn(sandbox.control, 'user_4711'), ['POST', 'PATCH', 'DELETE']);
  });

  it('have nothing to do for who does not play, is unknown, or has been erased', async () => {
    personId = newId();
    assert.deepEqual(await counted(), [0, 0]);
    assert.deepEqual(await erased(newId()), [{ erased: 0, revisions: 0 }]);
  });
});
