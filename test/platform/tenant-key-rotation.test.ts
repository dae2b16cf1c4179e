import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { createTenantKeyRotation, rewrapBegin, type RewrapPosition } from '../../platform/tenant-key-rotation.ts';
import { tenantKeyName } from '../../platform/vault-tenant-keys.ts';
import { useDatabases } from '../support/database.ts';
import { useVault } from '../support/vault.ts';

describe("rotating a tenant's key", function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const test = useVault();
  const ring = (): Keyring => createKeyring({ knex: databases.keyring, vault: test.vault });
  const rotationWith = (vault: Partial<typeof test.vault> = {}, batchRows = 40) =>
    createTenantKeyRotation({ knex: databases.keyring, vault: { ...test.vault, ...vault }, batchRows });
  type Rotation = ReturnType<typeof rotationWith>;

  async function rewrapAll(rotation: Rotation, tenantId: string, version: number): Promise<number> {
    let at = rewrapBegin;
    for (let next: RewrapPosition | undefined = at; next; next = await rotation.rewrapSome(tenantId, version, at)) at = next;
    return at.rewrapped;
  }
  const placeOf = (tenantId: string, id: string) => ({ tenantId, table: 'people', column: 'display_name', rowId: id });
  /** A tenant with keys of every kind, and a value that each person's opens. */
  async function tenant(count: number) {
    const [tenantId, people] = [newId(), Array.from({ length: count }, () => newId())];
    await test.vault.createTenantKey(tenantId);
    const keyring = ring();
    await keyring.createSubjectKeys(tenantId, people);
    const sealer = await keyring.sealer(tenantId, people);
    const sealed = new Map(people.map((id) => [id, sealer.seal(id, placeOf(tenantId, id), `name of ${id}`)]));
    const digest = (await keyring.blindIndex(tenantId)).hmac('login', 'ada');
    const payloadKey = await keyring.payloadKeys.current(tenantId);
    return { tenantId, people, sealed, digest, payloadKey };
  }
  type Made = Awaited<ReturnType<typeof tenant>>;
  /** With a keyring that has nothing in memory. */
  async function opensAll({ tenantId, people, sealed, digest, payloadKey }: Made): Promise<void> {
    const fresh = ring();
    const sealer = await fresh.sealer(tenantId, people);
    for (const id of people) assert.equal(sealer.open(id, placeOf(tenantId, id), sealed.get(id) ?? Buffer.alloc(0)), `name of ${id}`);
    assert.ok((await fresh.blindIndex(tenantId)).hmac('login', 'ada').equals(digest));
    assert.deepEqual((await fresh.payloadKeys.named(tenantId, payloadKey.id)).held.key, payloadKey.held.key);
  }
  const keyOf = (tenantId: string, subject_id: string): Promise<string> =>
    inTenant(databases.keyring, tenantId, async (trx) => {
      const row = await trx('subject_keys').where({ tenant_id: tenantId, subject_id }).first<{ wrapped_key: string }>('wrapped_key');
      return row?.wrapped_key ?? '';
    });

  it('has both versions readable side by side, and wraps every key anew before the old one ends', async () => {
    const made = await tenant(100);
    const { tenantId, people } = made;
    const rotation = rotationWith();
    assert.deepEqual(await rotation.versions(tenantId), { latest: 1, oldest: 1 });
    assert.equal(await rotation.rotate(tenantId, 1), 2);
    assert.equal(await rotation.rotate(tenantId, 1), 2, 'once, however often it is asked');
    await ring().createSubjectKeys(tenantId, [newId()]);
    await opensAll(made);
    assert.equal(await rotation.left(tenantId, 2), 102);
    const half = await rotation.rewrapSome(tenantId, 2, rewrapBegin);
    assert.equal(half?.rewrapped, 40);
    await opensAll(made);
    const oldKey = await keyOf(tenantId, people.at(-1) ?? '');
    assert.match(oldKey, /^vault:v1:/);
    assert.equal(await rewrapAll(rotation, tenantId, 2), 62);
    assert.equal(await rotation.left(tenantId, 2), 0);
    await rotation.retire(tenantId, 2);
    assert.deepEqual(await rotation.versions(tenantId), { latest: 2, oldest: 2 });
    await opensAll(made);
    await assert.rejects(test.vault.decryptBatch(tenantId, [{ context: people.at(-1) ?? '', ciphertext: oldKey }]), {
      code: 'undecipherable',
    });
  });

  it('goes on under readers, writers and destroyers, and brings no key back', async () => {
    const made = await tenant(300);
    const { tenantId, people } = made;
    const keyring = ring();
    const [gone, added] = [people.slice(0, 60), [] as string[]];
    const done = new AbortController();
    const load = [
      () => opensAll({ ...made, people: people.slice(60) }),
      async () => {
        const id = newId();
        added.push(id);
        await keyring.createSubjectKeys(tenantId, [id]);
      },
    ].map(async (act) => {
      while (!done.signal.aborted) await act();
    });
    const rotation = rotationWith();
    await rotation.rotate(tenantId, 1);
    await Promise.all([rewrapAll(rotation, tenantId, 2), ...gone.map((id) => keyring.destroySubjectKeys(tenantId, [id]))]);
    done.abort();
    await Promise.all(load);
    assert.equal(await rotation.left(tenantId, 2), 0);
    await rotation.retire(tenantId, 2);
    const sealer = await ring().sealer(tenantId, [...people, ...added]);
    assert.deepEqual([gone.filter((id) => sealer.has(id)), added.filter((id) => !sealer.has(id))], [[], []]);
    await opensAll({ ...made, people: people.slice(60) });
  });

  it('writes over nothing that changed since it was read', async () => {
    const made = await tenant(3);
    const [first = '', second = ''] = made.people.toSorted();
    const rotation = rotationWith({
      async rewrapBatch(tenantId, items) {
        const wrapped = await test.vault.rewrapBatch(tenantId, items);
        await inTenant(databases.keyring, tenantId, async (trx) => {
          await trx('subject_keys').where({ tenant_id: tenantId, subject_id: first }).update({ wrapped_key: 'vault:v2:other' });
          await trx('subject_keys').where({ tenant_id: tenantId, subject_id: second }).delete();
        });
        return wrapped;
      },
    });
    await rotation.rotate(made.tenantId, 1);
    assert.equal((await rotation.rewrapSome(made.tenantId, 2, rewrapBegin))?.rewrapped, 1);
    assert.equal(await keyOf(made.tenantId, first), 'vault:v2:other');
    assert.equal(await keyOf(made.tenantId, second), '');
  });

  it('is refused for a tenant that has no key', async () => {
    await assert.rejects(rotationWith().rotate(newId(), 1), { code: 'tenant-key-missing' });
  });

  it("may be done to the platform's own key, of which the app may change nothing else", async () => {
    const rotation = rotationWith();
    const { latest } = await rotation.versions(platformTenantId);
    assert.equal(await rotation.rotate(platformTenantId, latest), latest + 1);
    await rotation.retire(platformTenantId, latest);
    const key = `${test.mount}/keys/${tenantKeyName(platformTenantId)}`;
    for (const body of [{ deletion_allowed: true }, { min_decryption_version: 1, deletion_allowed: true }, { exportable: true }])
      await assert.rejects(test.asApp('POST', `${key}/config`, body), { code: 'vault-denied' });
    for (const [method, path] of [
      ['DELETE', key],
      ['POST', `${key}/trim`],
    ] as const)
      await assert.rejects(test.asApp(method, path, {}), { code: 'vault-denied' });
  });
});
