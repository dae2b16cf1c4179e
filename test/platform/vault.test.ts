import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { newId } from '../../platform/ids.ts';
import { prepareVault } from '../../platform/prepare-vault.ts';
import { tenantKeyName } from '../../platform/vault-tenant-keys.ts';
import { createVault } from '../../platform/vault.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { makeVault, useVault } from '../support/vault.ts';

const secrets = (count: number): { context: string; plaintext: Buffer }[] =>
  Array.from({ length: count }, () => ({ context: newId(), plaintext: randomBytes(32) }));

describe('platform/vault', () => {
  const test = useVault();
  const newTenant = async (): Promise<string> => {
    const tenantId = newId();
    await test.vault.createTenantKey(tenantId);
    return tenantId;
  };

  for (const count of [0, 1, 240, 241, 1_000])
    it(`wraps ${count} values and opens them in order`, async () => {
      const tenantId = await newTenant();
      const items = secrets(count);
      const wrapped = await test.vault.encryptBatch(tenantId, items);
      assert.equal(new Set(wrapped).size, count);
      const opened = await test.vault.decryptBatch(
        tenantId,
        items.map(({ context }, index) => ({ context, ciphertext: wrapped[index] ?? '' })),
      );
      assert.deepEqual(
        opened,
        items.map(({ plaintext }) => plaintext),
      );
    });

  it('opens nothing for another context or another tenant', async () => {
    const [tenantId, other] = [await newTenant(), await newTenant()];
    const [item] = secrets(1);
    assert.ok(item);
    const [ciphertext = ''] = await test.vault.encryptBatch(tenantId, [item]);
    await assert.rejects(test.vault.decryptBatch(tenantId, [{ context: newId(), ciphertext }]), { code: 'undecipherable' });
    await assert.rejects(test.vault.decryptBatch(other, [{ context: item.context, ciphertext }]), { code: 'undecipherable' });
  });

  it('refuses to wrap or open under a key that does not exist, and creates none', async () => {
    const tenantId = newId();
    await assert.rejects(test.vault.encryptBatch(tenantId, secrets(1)), { code: 'tenant-key-missing', status: 410 });
    await assert.rejects(test.vault.decryptBatch(tenantId, [{ context: 'a', ciphertext: 'vault:v1:AAAA' }]), {
      code: 'tenant-key-missing',
    });
    assert.equal((await test.asAdmin('GET', `${test.mount}/keys/${tenantKeyName(tenantId)}`)).status, 404);
  });

  it('leaves a key as it is when it is made again', async () => {
    const tenantId = await newTenant();
    const [item] = secrets(1);
    assert.ok(item);
    const [ciphertext = ''] = await test.vault.encryptBatch(tenantId, [item]);
    await test.vault.createTenantKey(tenantId);
    assert.deepEqual(await test.vault.decryptBatch(tenantId, [{ context: item.context, ciphertext }]), [item.plaintext]);
  });

  it('deletes a key for good, also twice at once and when there is none', async () => {
    const tenantId = await newTenant();
    const [item] = secrets(1);
    assert.ok(item);
    const [ciphertext = ''] = await test.vault.encryptBatch(tenantId, [item]);
    await Promise.all([test.vault.deleteTenantKey(tenantId), test.vault.deleteTenantKey(tenantId)]);
    await test.vault.deleteTenantKey(tenantId);
    await test.vault.createTenantKey(tenantId);
    await assert.rejects(test.vault.decryptBatch(tenantId, [{ context: item.context, ciphertext }]), { code: 'undecipherable' });
  });

  it('gives the same HMAC for the same input and knows it again', async () => {
    const [one, again, other] = await test.vault.hmacBatch('invitations', ['a', 'a', 'b']);
    assert.ok(one && other);
    assert.equal(one, again);
    assert.notEqual(one, other);
    assert.deepEqual(
      [await test.vault.verifyHmac('invitations', 'a', one), await test.vault.verifyHmac('invitations', 'b', one)],
      [true, false],
    );
  });
});

describe('platform/vault: what the app may not do', () => {
  const test = useVault();
  const denied = [
    ['make an exportable key', 'POST', (m: string) => `${m}/keys/tenant-x`, { type: 'aes256-gcm96', derived: true, exportable: true }],
    ['make a key that can be backed up in plain text', 'POST', (m: string) => `${m}/keys/tenant-x`, { allow_plaintext_backup: true }],
    ['make a key that is no tenant key', 'POST', (m: string) => `${m}/keys/other`, { type: 'aes256-gcm96' }],
    ['export a key', 'GET', (m: string) => `${m}/export/encryption-key/${tenantKeyName(platformTenantId)}`, undefined],
    ['back a key up', 'GET', (m: string) => `${m}/backup/${tenantKeyName(platformTenantId)}`, undefined],
    [
      'allow deletion of the platform key',
      'POST',
      (m: string) => `${m}/keys/${tenantKeyName(platformTenantId)}/config`,
      { deletion_allowed: true },
    ],
    ['delete the platform key', 'DELETE', (m: string) => `${m}/keys/${tenantKeyName(platformTenantId)}`, undefined],
    ['change the signing key', 'POST', (m: string) => `${m}/keys/jwt/config`, { deletion_allowed: true }],
    ['rotate the key of certificates', 'POST', (m: string) => `${m}/keys/certificates/rotate`, {}],
    ['export the key of certificates', 'GET', (m: string) => `${m}/export/signing-key/certificates`, undefined],
    ['change the key of certificates', 'POST', (m: string) => `${m}/keys/certificates/config`, { exportable: true }],
    ['remove the key of certificates', 'DELETE', (m: string) => `${m}/keys/certificates`, undefined],
    ['rotate the signing key', 'POST', (m: string) => `${m}/keys/jwt/rotate`, {}],
    ['encrypt under the signing key', 'POST', (m: string) => `${m}/encrypt/jwt`, { plaintext: 'YQ==' }],
    ['list keys', 'GET', (m: string) => `${m}/keys?list=true`, undefined],
    ['widen its policy', 'POST', (m: string) => `sys/policies/acl/toolbox-app-${m}`, { policy: 'path "*" { capabilities = ["sudo"] }' }],
    ['make tokens', 'POST', () => 'auth/token/create', {}],
    ['mount engines', 'POST', (m: string) => `sys/mounts/${m}-2`, { type: 'transit' }],
  ] as const;

  for (const [title, method, path, body] of denied)
    it(`cannot ${title}`, async () => {
      await assert.rejects(test.asApp(method, path(test.mount), body), { code: 'vault-denied' });
    });
});

describe('platform/vault: access', () => {
  const test = useVault();
  const { url: address, token: adminToken } = servers().vault;

  it('says that a wrong token is refused, without saying which', async () => {
    const vault = createVault({ address, token: 'wrong-token', mount: test.mount });
    await assert.rejects(vault.createTenantKey(newId()), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'vault-denied');
      assert.doesNotMatch(error.message, /wrong-token/);
      return true;
    });
    assert.equal(await vault.isHealthy(), false);
    await assert.rejects(prepareVault({ address, adminToken: 'wrong-token' }), { code: 'vault-denied' });
  });

  it('is unavailable when nobody listens', async () => {
    const vault = createVault({ address: 'http://127.0.0.1:1', token: 'any' });
    await assert.rejects(vault.createTenantKey(newId()), { code: 'unavailable', status: 503 });
    assert.equal(await vault.isHealthy(), false);
  });

  it('is unavailable in time when the server accepts and never answers', async () => {
    // It reads, or it would not hear that the other side is gone, and keep this process from ending.
    const mute = createServer((socket) => void socket.resume());
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const vault = createVault({ address: `http://127.0.0.1:${(mute.address() as AddressInfo).port}`, token: 'any', timeoutMs: 100 });
    await assert.rejects(vault.jwks(), { code: 'unavailable' });
    mute.close();
  });

  it('is healthy with a good token, and renews it by using it', async () => {
    const vault = createVault({ address, token: test.appToken, mount: test.mount });
    assert.equal(await vault.isHealthy(), true);
    const token = await until(async () => {
      const { data } = await test.asAdmin('POST', 'auth/token/lookup', { token: test.appToken });
      return data['last_renewal'] ? data : undefined;
    });
    assert.deepEqual([token?.['renewable'], token?.['orphan'], token?.['period']], [true, true, 720 * 3600]);
  });

  it('prepares again without changing keys, and lists signing keys newest first', async () => {
    const own = await makeVault();
    try {
      const [first] = (await own.vault.jwks()).keys;
      await own.asAdmin('POST', `${own.mount}/keys/jwt/rotate`, {});
      await prepareVault({ address, adminToken, mount: own.mount });
      const { keys } = await own.vault.jwks();
      assert.deepEqual(
        keys.map(({ kid, alg, use, d }) => [kid, alg, use, d]),
        [
          ['jwt-2', 'RS256', 'sig', undefined],
          ['jwt-1', 'RS256', 'sig', undefined],
        ],
      );
      assert.equal(keys[1]?.n, first?.n);
    } finally {
      await own.remove();
    }
  }).timeout(30_000);
});
