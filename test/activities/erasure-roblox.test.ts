import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { type CountPosition, createRobloxDataActivities, type RobloxCounted } from '../../activities/erasure-roblox.ts';
import type { StorePosition } from '../../activities/support/roblox-stores.ts';
import { inTenant } from '../../platform/database.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { newId } from '../../platform/ids.ts';
import { PrivacyReceipt } from '../../platform/models/privacy-request.ts';
import { forgetDigests } from '../../platform/privacy/digests.ts';
import { isSought } from '../../platform/privacy/erased-players.ts';
import { openRequest } from '../../platform/privacy/requests.ts';
import { indexRobloxUsers } from '../../platform/privacy/roblox-users.ts';
import { createRoblox } from '../../platform/roblox.ts';
import { useDatabases } from '../support/database.ts';
import { addPlayer, effectsOn, play, playOrdered, universeId } from '../support/roblox-school.ts';
import { useSandbox } from '../support/sandbox.ts';
import { makeTenant } from '../support/school.ts';
import { useVault } from '../support/vault.ts';

describe('activities/erasure-roblox', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const vault = useVault();
  const sandbox = useSandbox('roblox');
  let keyring: Keyring;
  let tenantId: string;
  let personId: string;
  let requestId: string;

  before(async () => {
    keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
  });
  beforeEach(async () => {
    tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, `s-${newId()}`);
    await sandbox.control.reset();
    await sandbox.control.clock({ now: '2026-12-01T10:10:00Z', freeze: true });
    personId = await addPlayer({ main: databases.main, keyring }, tenantId, '4711');
    requestId = await request();
  });

  const request = async (): Promise<string> => {
    const runId = newId();
    const run = { tenantId, runId, startedBy: newId(), requestId: newId() };
    const asked = { run, kind: 'erase', personId, requestedBy: 'subject', receivedAt: new Date().toISOString() } as const;
    await openRequest(databases.main, asked);
    return runId;
  };
  const deps = () => ({ main: databases.main, keyring });
  const of = () => ({ subject: { tenantId, personId }, requestId });
  const run = <Input, Output>(act: (input: Input) => Promise<Output>, input: Input): Promise<Output> =>
    new MockActivityEnvironment().run(act, input);
  const activities = () => {
    const universes = ['7', universeId].map((id) => ({ id, keyPatterns: ['user_{userId}'], orderedStores: ['Wins'] }));
    return createRobloxDataActivities({
      knex: databases.main,
      keyring,
      roblox: createRoblox({ apiKey: 'x', apiBase: sandbox.url, universes }),
    });
  };
  /** As a workflow goes through the pages. */
  async function counted() {
    const pages: RobloxCounted[] = [];
    for (let at: CountPosition | undefined; pages.length === 0 || at; at = pages.at(-1)?.next)
      pages.push(await run(activities().countAtRoblox, { ...of(), ...(at ? { at } : {}) }));
    assert.doesNotMatch(JSON.stringify(pages), /4711/);
    return pages.at(-1)?.counts ?? {};
  }
  async function erase(): Promise<number> {
    const before = await counted();
    let pages = 0;
    for (let at: StorePosition | undefined; pages === 0 || at; pages += 1)
      ({ next: at } = await run(activities().eraseAtRoblox, { ...of(), place: 'roblox', counted: before, ...(at ? { at } : {}) }));
    return pages;
  }
  const receipt = async () => {
    const row = await inTenant(databases.main, tenantId, async (trx) =>
      PrivacyReceipt.query(trx).findById([tenantId, requestId, 'roblox']),
    );
    return row && { counts: row.counts, erased: row.erased_at !== null, until: row.kept_until?.toISOString() };
  };
  const destroyKey = () => keyring.destroySubjectKeys(tenantId, [personId]);

  it('count, erase and find again by digest alone, page by page, in all of our experiences', async () => {
    for (let store = 1; store <= 12; store += 1) await play(sandbox.url, `Store${String(store).padStart(2, '0')}`, 'user_4711');
    await play(sandbox.url, 'Store01', 'user_47110');
    await playOrdered(sandbox.url, 'Wins', 'user_4711');
    assert.deepEqual(await counted(), { entries: 13, tombstones: 0 });
    assert.ok((await erase()) > 3);
    assert.deepEqual(await receipt(), { counts: { entries: 13 }, erased: true, until: '2026-12-31T10:10:00.000Z' });
    assert.deepEqual(await counted(), { entries: 0, tombstones: 12 });

    await destroyKey();
    assert.deepEqual(await counted(), { entries: 0, tombstones: 12 });
    await play(sandbox.url, 'Store03', 'user_4711');
    await playOrdered(sandbox.url, 'Wins', 'user_4711');
    assert.deepEqual(await counted(), { entries: 2, tombstones: 11 });
    await sandbox.control.clock({ advanceSeconds: 86_400 });
    await erase();
    assert.deepEqual(await counted(), { entries: 0, tombstones: 12 });
    assert.deepEqual(await receipt(), { counts: { entries: 13 }, erased: true, until: '2027-01-01T10:10:00.000Z' });
    await sandbox.control.clock({ advanceSeconds: 30 * 86_400 });
    assert.deepEqual(await counted(), { entries: 0, tombstones: 0 });
    assert.deepEqual(await effectsOn(sandbox.control, 'user_47110'), ['POST']);
  });

  it('do nothing twice: erased again, and after a lost answer, it ends the same', async () => {
    await play(sandbox.url, 'Players', 'user_4711');
    await sandbox.control.addFault({ kind: 'reset-after', method: 'DELETE', path: '/cloud/v2/universes/*/data-stores/*' });
    await assert.rejects(erase(), { code: 'vendor-unavailable' });
    assert.deepEqual(await receipt(), { counts: { entries: 1 }, erased: false, until: undefined });
    await erase();
    await erase();
    assert.deepEqual(await receipt(), { counts: { entries: 1 }, erased: true, until: '2026-12-31T10:10:00.000Z' });
    assert.deepEqual(await effectsOn(sandbox.control, 'user_4711'), ['POST', 'PATCH', 'DELETE']);
  });

  it('ask Roblox nothing about who does not play, and remember a player until the request is over', async () => {
    assert.equal(await isSought(deps(), of()), true);
    await erase();
    await destroyKey();
    assert.equal(await isSought(deps(), of()), true);
    await forgetDigests(keyring, tenantId, requestId);
    assert.equal(await isSought(deps(), of()), false);
    await sandbox.control.addFault({ kind: 'status', status: 403, times: 100 });
    assert.deepEqual(await counted(), { entries: 0, tombstones: 0 });
    await erase();
    assert.equal((await receipt())?.erased, true);
  });

  it('look for siblings who share a number apart, and leave to the one who stays what is written later', async () => {
    const sibling = await addPlayer({ main: databases.main, keyring }, tenantId, '4711');
    await indexRobloxUsers(await keyring.blindIndex(tenantId), [{ personId: sibling, userId: '4711' }]);
    await erase();
    await destroyKey();
    await play(sandbox.url, 'Players', 'user_4711');
    assert.deepEqual(await counted(), { entries: 0, tombstones: 0 });
    const first = { personId, requestId };
    personId = sibling;
    requestId = await request();
    await erase();
    await destroyKey();
    await play(sandbox.url, 'Players', 'user_4711');
    assert.deepEqual(await counted(), { entries: 1, tombstones: 0 });
    ({ personId, requestId } = first);
    assert.deepEqual(await counted(), { entries: 1, tombstones: 0 });
  });
});
