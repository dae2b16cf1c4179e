import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant, openKeyring } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { backupsThatMayHold, createKeyringBackups, keyringBackupBucket, lastBackupThatMayHold } from '../../platform/keyring-backups.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { migrate } from '../../platform/migrator.ts';
import { KeyringBackup } from '../../platform/models/keyring-backup.ts';
import { prepareVault } from '../../platform/prepare-vault.ts';
import { createShredder } from '../../platform/shred-keys.ts';
import { createStorage } from '../../platform/storage.ts';
import { createVault } from '../../platform/vault.ts';
import { useDatabases } from '../support/database.ts';
import { type KeyringCluster, startKeyringCluster } from '../support/keyring-cluster.ts';
import { servers } from '../support/servers.ts';

const by = { actorId: null, requestId: null, runId: null };
const dayMs = 86_400_000;

describe('backups of the keyring', function () {
  this.timeout(120_000);
  const databases = useDatabases();
  const storage = createStorage(servers().s3);
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-restore-'));
  const clusters: KeyringCluster[] = [];
  const [tenantId, person] = [newId(), newId()];
  const place = { tenantId, table: 'people', column: 'display_name', rowId: person };
  let [identity, recipient] = ['', ''];
  let cluster: KeyringCluster;
  let sealed: Buffer;
  let digest: Buffer;
  let stored: Buffer;

  const start = async (outside?: KeyringCluster['outside']): Promise<KeyringCluster> => {
    const started = await startKeyringCluster(outside);
    clusters.push(started);
    return started;
  };
  const backups = (source: { url?: string; retentionDays?: number } = {}) =>
    createKeyringBackups({
      knex: databases.main,
      storage,
      source: { url: cluster.address.backupUrl, vaultDatabase: 'openbao', recipient, retentionDays: 7, ...source },
    });
  const rowOf = (id: string): Promise<KeyringBackup> =>
    inTenant(databases.main, platformTenantId, async (trx) => KeyringBackup.query(trx).findById([platformTenantId, id]).throwIfNotFound());
  const objectOf = async (id: string): Promise<Buffer> =>
    buffer(await storage.getStream(keyringBackupBucket, (await rowOf(id)).object_key));
  /** The keyring of a cluster as an API has it, with a token of its own. */
  async function inKeyring<T>(
    { address }: KeyringCluster,
    { url, token }: { url: string; token: string },
    work: (keyring: Keyring) => Promise<T>,
  ) {
    const { appToken } = await prepareVault({ address: url, adminToken: token });
    const knex = openKeyring(address.url);
    const vault = createVault({ address: url, token: appToken });
    if (!sealed) await vault.createTenantKey(tenantId);
    try {
      return await work(createKeyring({ knex, vault }));
    } finally {
      await knex.destroy();
    }
  }
  /** The command as an operator gives it. */
  const restore = (to: KeyringCluster, bytes: Buffer, key = identity): Promise<{ code: number; said: string }> => {
    const [file, keyFile] = [join(folder, newId()), join(folder, newId())];
    writeFileSync(file, bytes);
    writeFileSync(keyFile, `# made elsewhere\n${key}\n`, { mode: 0o600 });
    const env = { PATH: process.env['PATH'], KEYRING_OWNER_URL: to.address.ownerUrl, BAO_PG_CONNECTION_URL: to.vaultStorageUrl };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--import', 'tsx', 'cli/keyring-restore.ts', file, '--identity', keyFile],
        { env },
        (error, out, complained) => resolve({ code: error ? Number(error.code) : 0, said: out + complained }),
      );
    });
  };

  before(async () => {
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
    cluster = await start();
    const owner = openKeyring(cluster.address.ownerUrl, { poolMax: 3 });
    await migrate(owner, 'keyring');
    await owner.destroy();
    const vault = await cluster.startVault();
    await inKeyring(cluster, vault, async (keyring) => {
      await keyring.createSubjectKeys(tenantId, [person, ...Array.from({ length: 2_500 }, () => newId())]);
      const index = await keyring.blindIndex(tenantId);
      digest = index.hmac('login', 'ada');
      await index.put('login', [{ hmac: digest, subjectId: person, sourceDigest: randomBytes(32) }]);
      await keyring.payloadKeys.current(tenantId);
      sealed = (await keyring.sealer(tenantId, [person])).seal(person, place, 'Ada Lovelace');
    });
    const id = newId();
    await backups().take(id, by);
    stored = await objectOf(id);
  });
  after(async () => {
    for (const each of clusters) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are stored once, sealed, and known by size, digest and the time they go', async () => {
    const id = newId();
    const taken = await backups().take(id, by);
    const bytes = await objectOf(id);
    assert.deepEqual([taken.sizeBytes, taken.sha256], [bytes.length, createHash('sha256').update(bytes).digest('hex')]);
    assert.ok(bytes.subarray(0, 30).toString().startsWith('age-encryption.org/v1'));
    for (const mark of ['vault:v1', 'subject_keys', digest.toString('hex')]) assert.ok(!bytes.includes(mark));
    assert.deepEqual(await backups().take(id, by), taken);
    const row = await rowOf(id);
    assert.equal(row.expires_at.getTime() - row.taken_at.getTime(), 7 * dayMs);
  });

  it('restores into a new cluster, where what was sealed opens and who was indexed is found', async () => {
    const other = await start(cluster.outside);
    const { code, said } = await restore(other, stored);
    assert.equal(code, 0, said);
    assert.match(said, /2501 {2}subject_keys\n/);
    const vault = await other.startVault();
    await inKeyring(other, vault, async (keyring) => {
      assert.equal((await keyring.sealer(tenantId, [person])).open(person, place, sealed), 'Ada Lovelace');
      const index = await keyring.blindIndex(tenantId);
      const found = await index.find('login', [index.hmac('login', 'ada')]);
      assert.deepEqual(
        [...found.values()].map(({ subjectId }) => subjectId),
        [person],
      );
      assert.ok(index.hmac('login', 'ada').equals(digest));
      // The wall between tenants stands again.
      const knex = openKeyring(other.address.ownerUrl);
      assert.equal((await knex('subject_keys')).length, 0);
      const [row] = await knex<{ generation: number }>('key_generation').select('generation');
      assert.ok(Number(row?.generation) >= 1_000_000);
      await knex.destroy();
    });
    const again = await restore(other, stored);
    assert.deepEqual(
      [again.code, again.said],
      [2, 'The keyring is not empty: blind_indexes has rows.\n'.replace('blind_indexes', 'subject_keys')],
    );
  });

  it('restores nothing of a file that is cut off or damaged, or by another identity', async () => {
    const other = await start();
    const flipped = Buffer.from(stored);
    flipped[stored.length - 40] = (flipped[stored.length - 40] ?? 0) ^ 1;
    const foreign = await generateX25519Identity();
    for (const [bytes, key] of [
      [stored.subarray(0, stored.length - 1_000), identity],
      [flipped, identity],
      [stored, foreign],
      [Buffer.from('x'), identity],
    ] as const) {
      const { code, said } = await restore(other, bytes, key);
      assert.equal(code, 2, said);
      assert.ok(said.split('\n').length === 2, said);
    }
    const whole = await restore(other, stored);
    assert.equal(whole.code, 0, whole.said);
  });

  it('go when their time is over, also one that was cut off and one that nobody knows', async () => {
    const [old, kept, cut] = [newId(), newId(), newId()];
    const now = new Date(Date.now() + 3 * dayMs);
    await backups({ retentionDays: 2 }).take(old, by);
    await backups().take(kept, by);
    const aborted = new AbortController();
    aborted.abort(new Error('cut off'));
    await assert.rejects(backups({ retentionDays: 2 }).take(cut, by, aborted.signal), /cut off/);
    const stray = `${new Date(now.getTime() - 1).toISOString()}_${newId()}.age`;
    await storage.put(keyringBackupBucket, stray, Buffer.from('x'));
    assert.deepEqual((await backups().expire(now, by)).sort(), [old, cut].sort());
    assert.deepEqual(await backups().expire(now, by), []);
    const keys = await storage.list(keyringBackupBucket);
    assert.ok(keys.includes((await rowOf(kept)).object_key));
    for (const gone of [stray, (await rowOf(old)).object_key]) assert.ok(!keys.includes(gone), gone);
    assert.ok((await rowOf(old)).removed_at);
  });

  it('say which of them may hold a key that was destroyed', async () => {
    const [before, later] = [newId(), newId()];
    const nothing = new Date(0);
    await backups({ retentionDays: 30 }).take(before, by);
    const destroyedAt = new Date((await rowOf(before)).taken_at.getTime() + 1);
    await backups({ retentionDays: 60 }).take(later, by);
    const last = await lastBackupThatMayHold(databases.main, destroyedAt);
    assert.deepEqual(last, { id: before, expiresAt: (await rowOf(before)).expires_at });
    assert.ok(!(await backupsThatMayHold(databases.main, destroyedAt)).some(({ id }) => id === later));
    assert.equal(await lastBackupThatMayHold(databases.main, nothing), undefined);
    await backups().expire(new Date(Date.now() + 31 * dayMs), by);
    assert.equal(await lastBackupThatMayHold(databases.main, destroyedAt), undefined);
  });

  it('are not taken by a role that row security holds for: it would see nothing', async () => {
    await assert.rejects(backups({ url: cluster.address.ownerUrl }).take(newId(), by), { code: 'unavailable' });
  });

  it('fail with the store, and leave the keyring to others', async () => {
    const broken = {
      ...storage,
      put: async (_: string, __: string, body: Readable | Buffer) => {
        for await (const _piece of body) throw new Error('full');
        return 0;
      },
    };
    const source = { url: cluster.address.backupUrl, recipient, retentionDays: 1 };
    await assert.rejects(createKeyringBackups({ knex: databases.main, storage: broken, source }).take(newId(), by), /full/);
    await createShredder({ url: cluster.address.shredderUrl, patienceMs: 10_000 }).shred();
  });

  it('wait for the keyring, and say that it is away', async () => {
    const url = new URL(cluster.address.backupUrl);
    url.port = '1';
    await assert.rejects(backups({ url: url.href }).take(newId(), by), { code: 'unavailable' });
  });
});
