import assert from 'node:assert/strict';
import type { PiiPlace } from '../../domain/pii.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import type { Vault } from '../../platform/vault.ts';
import { useDatabases } from '../support/database.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

const ids = (count: number): string[] => Array.from({ length: count }, newId);

describe('platform/keyring', () => {
  const databases = useDatabases();
  const test = useVault();
  const open = (cache?: { maxKeys?: number; ttlMs?: number }): Keyring =>
    createKeyring({ knex: databases.keyring, vault: test.vault, ...(cache ? { cache } : {}) });
  const newTenant = async (): Promise<string> => {
    const tenantId = newId();
    await test.vault.createTenantKey(tenantId);
    return tenantId;
  };
  const placeOf = (tenantId: string, rowId: string): PiiPlace => ({ tenantId, table: 'people', column: 'email', rowId });
  const countRows = (tenantId: string, table: string): Promise<number> =>
    inTenant(databases.keyring, tenantId, async (trx) => Number((await trx(table).count('* as count').first())?.['count']));

  it('makes keys for a thousand people that open in another process', async () => {
    const [tenantId, people] = [await newTenant(), ids(1_000)];
    const keyring = open();
    await keyring.createSubjectKeys(tenantId, people);
    const [here, elsewhere] = [await keyring.sealer(tenantId, people), await open().sealer(tenantId, people)];
    for (const id of people) {
      const place = placeOf(tenantId, id);
      assert.equal(elsewhere.open(id, place, here.seal(id, place, id)), id);
    }
  });

  it('gives every person a key of their own', async () => {
    const [tenantId, [ada = '', bob = '']] = [await newTenant(), ids(2)];
    const keyring = open();
    await keyring.createSubjectKeys(tenantId, [ada, bob]);
    const sealer = await keyring.sealer(tenantId, [ada, bob]);
    const place = placeOf(tenantId, ada);
    assert.throws(() => sealer.open(bob, place, sealer.seal(ada, place, 'x')), { code: 'undecipherable' });
  });

  it('agrees with another that makes the same keys at the same time', async () => {
    const [tenantId, people] = [await newTenant(), ids(600)];
    const [one, two] = [open(), open()];
    const make = async (keyring: Keyring, order: string[]) => {
      await keyring.createSubjectKeys(tenantId, order);
      return keyring.sealer(tenantId, people);
    };
    const [here, there] = await Promise.all([make(one, people), make(two, people.toReversed())]);
    for (const id of people) assert.equal(there.open(id, placeOf(tenantId, id), here.seal(id, placeOf(tenantId, id), 'x')), 'x');
    const [indexOne, indexTwo] = await Promise.all([one.blindIndex(tenantId), two.blindIndex(tenantId)]);
    assert.deepEqual(indexOne.hmac('login', 'x'), indexTwo.hmac('login', 'x'));
  });

  it('makes keys of new subjects and the sealer for them at once; whoever has a key keeps it', async () => {
    const [tenantId, [known = '', ada = '', bob = '']] = [await newTenant(), ids(3)];
    await open().createSubjectKeys(tenantId, [known]);
    const asked: string[] = [];
    const vault: typeof test.vault = {
      ...test.vault,
      encryptBatch: (tenant, items) => {
        asked.push(`wrap ${items.length}`);
        return test.vault.encryptBatch(tenant, items);
      },
      decryptBatch: (tenant, items) => {
        asked.push(`unwrap ${items.length}`);
        return test.vault.decryptBatch(tenant, items);
      },
    };
    const keyring = createKeyring({ knex: databases.keyring, vault });
    await keyring.sealerOfNew(tenantId, [ada, bob]);
    assert.deepEqual(asked.splice(0), ['wrap 2']);
    const sealer = await keyring.sealerOfNew(tenantId, [ada, known, known]);
    const elsewhere = await open().sealer(tenantId, [known, ada, bob]);
    for (const id of [known, ada]) assert.equal(elsewhere.open(id, placeOf(tenantId, id), sealer.seal(id, placeOf(tenantId, id), id)), id);
    assert.equal(await countRows(tenantId, 'subject_keys'), 3);
    await keyring.destroySubjectKeys(tenantId, [ada]);
    assert.deepEqual([sealer.has(ada), sealer.has(known)], [false, true]);
    assert.equal((await keyring.sealerOfNew(tenantId, [])).has(ada), false);
  });

  it('makes no key without the key of the tenant, and leaves nothing behind', async () => {
    const tenantId = newId();
    await assert.rejects(open().createSubjectKeys(tenantId, ids(1)), { code: 'tenant-key-missing' });
    await assert.rejects(open().sealerOfNew(tenantId, ids(1)), { code: 'tenant-key-missing' });
    await assert.rejects(open().blindIndex(tenantId), { code: 'tenant-key-missing' });
    assert.deepEqual([await countRows(tenantId, 'subject_keys'), await countRows(tenantId, 'index_keys')], [0, 0]);
  });

  it("has no key for another tenant's person, even where it is in memory", async () => {
    const [tenantId, other, [ada = '']] = [await newTenant(), await newTenant(), ids(1)];
    const keyring = open();
    await keyring.createSubjectKeys(tenantId, [ada]);
    assert.equal((await keyring.sealer(tenantId, [ada])).has(ada), true);
    assert.equal((await keyring.sealer(other, [ada])).has(ada), false);
  });

  it('does not open a wrapped key that was moved to another person', async () => {
    const [tenantId, [ada = '', bob = '']] = [await newTenant(), ids(2)];
    await open().createSubjectKeys(tenantId, [ada, bob]);
    const copy = 'update subject_keys set wrapped_key = (select wrapped_key from subject_keys where subject_id = ?) where subject_id = ?';
    await inTenant(databases.keyring, tenantId, (trx) => trx.raw(copy, [ada, bob]));
    await assert.rejects(open().sealer(tenantId, [bob]), { code: 'undecipherable' });
  });

  it('opens nothing of a person whose key is destroyed, not even for who holds it, and all of the others', async () => {
    const [tenantId, [ada = '', bob = '']] = [await newTenant(), ids(2)];
    const keyring = open();
    await keyring.createSubjectKeys(tenantId, [ada, bob]);
    const index = await keyring.blindIndex(tenantId);
    await index.put(
      'login',
      [ada, bob].map((subjectId) => ({ subjectId, hmac: index.hmac('login', subjectId) })),
    );
    const held = await keyring.sealer(tenantId, [ada, bob]);
    const sealed = [ada, bob].map((id) => held.seal(id, placeOf(tenantId, id), 'x'));
    await keyring.destroySubjectKeys(tenantId, [ada]);
    for (const sealer of [held, await keyring.sealer(tenantId, [ada, bob]), await open().sealer(tenantId, [ada, bob])]) {
      assert.throws(() => sealer.open(ada, placeOf(tenantId, ada), sealed[0] as Buffer), {
        code: 'key-destroyed',
        details: { subjectId: ada },
      });
      assert.equal(sealer.open(bob, placeOf(tenantId, bob), sealed[1] as Buffer), 'x');
    }
    assert.deepEqual([await countRows(tenantId, 'subject_keys'), await countRows(tenantId, 'blind_indexes')], [1, 1]);
    await keyring.destroySubjectKeys(tenantId, [ada]);
  });

  it('does not keep a key that was destroyed while it was being read', async () => {
    const [tenantId, [ada = '']] = [await newTenant(), ids(1)];
    const keyring = createKeyring({
      knex: databases.keyring,
      vault: {
        ...test.vault,
        decryptBatch: async (...of) => {
          const keys = await test.vault.decryptBatch(...of);
          await keyring.destroySubjectKeys(tenantId, [ada]);
          return keys;
        },
      },
    });
    await open().createSubjectKeys(tenantId, [ada]);
    await keyring.sealer(tenantId, [ada]);
    assert.equal((await keyring.sealer(tenantId, [ada])).has(ada), false);
  });

  it('does not keep a key that was destroyed while it was being made', async () => {
    const [tenantId, [ada = '']] = [await newTenant(), ids(1)];
    const keyring = createKeyring({
      knex: databases.keyring,
      vault: {
        ...test.vault,
        encryptBatch: async (...of) => {
          const wrapped = await test.vault.encryptBatch(...of);
          await keyring.destroySubjectKeys(tenantId, [ada]);
          return wrapped;
        },
      },
    });
    await keyring.createSubjectKeys(tenantId, [ada]);
    assert.equal(keyring.cachedKeys, 0);
  });

  it('has the keys that it made in memory, and asks nobody for them', async () => {
    const [tenantId, people] = [await newTenant(), ids(3)];
    const decryptBatch: Vault['decryptBatch'] = () => Promise.reject(new Error('asked'));
    const keyring = createKeyring({ knex: databases.keyring, vault: { ...test.vault, decryptBatch } });
    await keyring.createSubjectKeys(tenantId, people);
    const [here, elsewhere] = [await keyring.sealer(tenantId, people), await open().sealer(tenantId, people)];
    for (const id of people) assert.equal(elsewhere.open(id, placeOf(tenantId, id), here.seal(id, placeOf(tenantId, id), 'x')), 'x');
  });

  it('destroys a tenant: keys, indexes and the key in the vault, however often', async () => {
    const [tenantId, other, people] = [await newTenant(), await newTenant(), ids(3)];
    const keyring = open();
    await keyring.createSubjectKeys(tenantId, people);
    await keyring.createSubjectKeys(other, ids(1));
    const index = await keyring.blindIndex(tenantId);
    await index.put('login', [{ hmac: index.hmac('login', 'x'), subjectId: newId() }]);
    const held = await keyring.sealer(tenantId, people);
    for (let time = 0; time < 2; time += 1) await keyring.destroyTenant(tenantId);
    for (const table of ['subject_keys', 'index_keys', 'blind_indexes']) assert.equal(await countRows(tenantId, table), 0);
    assert.deepEqual(
      people.map((id) => held.has(id)),
      [false, false, false],
    );
    assert.throws(() => index.hmac('login', 'x'), { code: 'key-destroyed' });
    await assert.rejects(keyring.createSubjectKeys(tenantId, people), { code: 'tenant-key-missing' });
    assert.equal(await countRows(other, 'subject_keys'), 1);
  });

  it('never destroys the platform tenant', async () => {
    await assert.rejects(open().destroyTenant(platformTenantId), /never destroyed/);
  });

  it('keeps a bounded number of keys in memory and still serves more people than that', async () => {
    const [tenantId, people] = [await newTenant(), ids(60)];
    const keyring = open({ maxKeys: 25 });
    await keyring.createSubjectKeys(tenantId, people);
    const sealer = await keyring.sealer(tenantId, people);
    for (const id of people) assert.equal(sealer.open(id, placeOf(tenantId, id), sealer.seal(id, placeOf(tenantId, id), 'x')), 'x');
    assert.equal(keyring.cachedKeys, 25);
  });

  it('forgets keys when their time is up, though nobody asks', async () => {
    const [tenantId, people] = [await newTenant(), ids(5)];
    const keyring = open({ ttlMs: 50 });
    await keyring.createSubjectKeys(tenantId, people);
    await keyring.sealer(tenantId, people);
    await until(() => keyring.cachedKeys === 0);
  });
});
