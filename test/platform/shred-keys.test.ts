import assert from 'node:assert/strict';
import { openDatabase, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { createShredder } from '../../platform/shred-keys.ts';
import { useDatabases } from '../support/database.ts';
import { filesHolding } from '../support/raw-files.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

describe('shredding destroyed keys', function () {
  this.timeout(120_000);
  const databases = useDatabases();
  const test = useVault();

  const newTenant = async (): Promise<string> => {
    const tenantId = newId();
    await test.vault.createTenantKey(tenantId);
    return tenantId;
  };
  const ids = (count: number): string[] => Array.from({ length: count }, () => newId());
  const ring = () => createKeyring({ knex: databases.keyring, vault: test.vault });
  const shredder = (patienceMs?: number) => createShredder({ url: databases.urls.keyringShredder, ...(patienceMs ? { patienceMs } : {}) });
  const shreddings = async (): Promise<number> => {
    const { rows } = await databases.keyringOwner.raw<{ rows: { count: number }[] }>('select count(*) from key_shreddings');
    return rows[0]?.count ?? Number.NaN;
  };
  const asAdmin = async <T>(sql: string): Promise<T[]> => {
    const admin = openDatabase(servers().keyring.adminUrl, { poolMax: 1 });
    try {
      return (await admin.raw<{ rows: T[] }>(sql)).rows;
    } finally {
      await admin.destroy();
    }
  };
  const dataDirectory = async (): Promise<string> =>
    (await asAdmin<{ folder: string }>(`select current_setting('data_directory') as folder`))[0]?.folder ?? assert.fail();

  /** What would open or find a person: the wrapped key as it is stored and as bytes, and the digest that they are found by. */
  async function plant(tenantId: string, person: string): Promise<Buffer[]> {
    const keyring = ring();
    await keyring.createSubjectKeys(tenantId, [person]);
    const index = await keyring.blindIndex(tenantId);
    const hmac = index.hmac('login', person);
    await index.put('login', [{ hmac, subjectId: person }]);
    const [row] = await inTenant(databases.keyring, tenantId, (trx) =>
      trx('subject_keys').where({ tenant_id: tenantId, subject_id: person }).select<{ wrapped_key: string }[]>('wrapped_key'),
    );
    const wrapped = String(row?.wrapped_key);
    return [Buffer.from(wrapped), Buffer.from(wrapped.split(':')[2] ?? '', 'base64'), hmac, Buffer.from(person.replaceAll('-', ''), 'hex')];
  }

  it('leaves neither a wrapped key nor a digest in any file of the cluster, while others write', async () => {
    const [tenantId, busy, person, keyring, folder] = [await newTenant(), await newTenant(), newId(), ring(), await dataDirectory()];
    const needles = await plant(tenantId, person);
    await databases.keyringOwner.raw('analyze');
    await asAdmin('checkpoint');
    for (const at of [0, 2, 3]) assert.ok(filesHolding(folder, [needles[at] ?? assert.fail()]).length > 0, `needle ${at}`);
    assert.ok(filesHolding(folder, needles).some((file) => file.includes('pg_wal')));
    const done = new AbortController();
    const written = ids(4).map(async () => {
      while (!done.signal.aborted) await keyring.createSubjectKeys(busy, ids(20));
    });
    await keyring.destroySubjectKeys(tenantId, [person]);
    await databases.keyringOwner.raw('vacuum subject_keys');
    await asAdmin('checkpoint');
    assert.ok(filesHolding(folder, needles).length > 0, 'deleting and VACUUM would do');
    const receipt = await shredder().shred();
    done.abort();
    await Promise.all(written);
    assert.deepEqual(filesHolding(folder, needles), []);
    assert.ok(receipt.rounds >= 2 && receipt.rounds < 20, String(receipt.rounds));
    assert.match(receipt.lsn, /^[0-9A-F]+\/[0-9A-F]+$/);
    assert.ok(Math.abs(Date.now() - Date.parse(receipt.at)) < 60_000);
    assert.ok(receipt.tables.includes('subject_keys') && receipt.tables.includes('blind_indexes'));
    assert.equal((await keyring.sealer(busy, [])).has(person), false);
  });

  it('keeps every other key readable', async () => {
    const [tenantId, people, keyring] = [await newTenant(), ids(50), ring()];
    await keyring.createSubjectKeys(tenantId, people);
    await keyring.destroySubjectKeys(tenantId, people.slice(0, 25));
    await shredder().shred();
    const sealer = await ring().sealer(tenantId, people);
    assert.deepEqual(
      people.map((id) => sealer.has(id)),
      people.map((_, at) => at >= 25),
    );
  });

  it('is done a few times for many at once, over all processes', async () => {
    const [tenantId, people, keyring] = [await newTenant(), ids(40), ring()];
    await keyring.createSubjectKeys(tenantId, people);
    const [before, both] = [await shreddings(), [shredder(), shredder()]];
    const receipts = await Promise.all(
      people.map(async (id, at) => {
        await keyring.destroySubjectKeys(tenantId, [id]);
        return both[at % 2]?.shred();
      }),
    );
    const used = new Set(receipts.map((receipt) => receipt?.ordinal));
    assert.ok((await shreddings()) - before <= 6, `${(await shreddings()) - before} shreddings`);
    assert.ok(used.size <= 6);
  });

  it('waits for a transaction that might still read what was deleted, and gives up after its patience', async () => {
    const [tenantId, person, keyring, folder] = [await newTenant(), newId(), ring(), await dataDirectory()];
    const needles = await plant(tenantId, person);
    const reader = await databases.keyringOwner.transaction({ isolationLevel: 'repeatable read' });
    await reader.raw('select count(*) from knex_migrations');
    await keyring.destroySubjectKeys(tenantId, [person]);
    await assert.rejects(shredder(300).shred(), { code: 'unavailable' });
    const patient = shredder().shred();
    await until(async () => (await asAdmin(`select from pg_stat_activity where application_name = 'toolbox-shredder'`)).length > 0);
    await reader.rollback();
    await patient;
    assert.deepEqual(filesHolding(folder, needles), []);
  });

  it('is done by a role that reads no key and changes none', async () => {
    const role = openDatabase(databases.urls.keyringShredder, { poolMax: 1 });
    try {
      for (const table of ['subject_keys', 'index_keys', 'payload_keys', 'blind_indexes', 'key_generation'])
        for (const sql of [`select * from ${table}`, `delete from ${table}`, `cluster ${table}`])
          await assert.rejects(role.raw(sql), { code: '42501' }, sql);
    } finally {
      await role.destroy();
    }
  });
});
