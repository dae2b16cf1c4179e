import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createKeyDestructionActivities, type KeyDestructionActivities } from '../../activities/keys.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { createShredder } from '../../platform/shred-keys.ts';
import { useDatabases } from '../support/database.ts';
import { useVault } from '../support/vault.ts';

type Receipt = Awaited<ReturnType<KeyDestructionActivities['shredDestroyedKeys']>>;
type Destroyed = Awaited<ReturnType<KeyDestructionActivities['destroySubjectKeys']>>;
type Destroy = KeyDestructionActivities['destroySubjectKeys'];

describe("the activities that destroy a person's key", function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const test = useVault();

  it('come to the same end however often they are tried', async () => {
    const [tenantId, id, other] = [newId(), newId(), newId()];
    await test.vault.createTenantKey(tenantId);
    const keyring = createKeyring({ knex: databases.keyring, vault: test.vault });
    await keyring.createSubjectKeys(tenantId, [id, other]);
    const shredder = createShredder({ url: databases.urls.keyringShredder });
    const acts = createKeyDestructionActivities({ keyring, shredder });
    const environment = new MockActivityEnvironment();
    const times = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { destroyedAt } = await environment.run<Parameters<Destroy>, Destroyed, Destroy>(acts.destroySubjectKeys, {
        tenantId,
        subjectIds: [id],
      });
      const { at, rounds, lsn } = await environment.run<[], Receipt, () => Promise<Receipt>>(acts.shredDestroyedKeys);
      assert.ok(Date.parse(destroyedAt) <= Date.parse(at));
      assert.ok(rounds >= 2 && lsn.includes('/'));
      times.push(at);
    }
    assert.equal(new Set(times).size, 2);
    const sealer = await keyring.sealer(tenantId, [id, other]);
    assert.deepEqual([sealer.has(id), sealer.has(other)], [false, true]);
  });
});
