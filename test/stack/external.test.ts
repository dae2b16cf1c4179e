import assert from 'node:assert/strict';
import type { Part } from '../../stack/part.ts';
import { keyring, postgres } from '../../stack/parts/postgres.ts';
import { redis } from '../../stack/parts/redis.ts';
import { s3 } from '../../stack/parts/s3.ts';
import { sandbox } from '../../stack/parts/sandbox.ts';
import { temporal } from '../../stack/parts/temporal.ts';
import { vault } from '../../stack/parts/vault.ts';
import { startPart } from '../../stack/start-part.ts';
import { createSupervisor } from '../../stack/supervisor.ts';
import { contextOf, useHome } from './support.ts';

const elsewhere: readonly [Part<unknown>, NodeJS.ProcessEnv, unknown][] = [
  [
    postgres,
    { DATABASE_URL: 'postgres://a/b', DATABASE_OWNER_URL: 'postgres://c/b' },
    { url: 'postgres://a/b', ownerUrl: 'postgres://c/b' },
  ],
  [
    keyring,
    {
      KEYRING_DATABASE_URL: 'postgres://a/k',
      KEYRING_OWNER_URL: 'postgres://c/k',
      KEYRING_SHREDDER_URL: 'postgres://d/k',
      KEYRING_BACKUP_URL: 'postgres://e/k',
    },
    { url: 'postgres://a/k', ownerUrl: 'postgres://c/k', shredderUrl: 'postgres://d/k', backupUrl: 'postgres://e/k' },
  ],
  [temporal, { TEMPORAL_ADDRESS: 't:7233', TEMPORAL_UI_URL: 'https://ui' }, { address: 't:7233', ui: 'https://ui' }],
  [s3, { S3_ENDPOINT: 'https://s', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' }, { endpoint: 'https://s', accessKey: 'a', secretKey: 'b' }],
  [redis, { REDIS_URL: 'redis://r' }, { url: 'redis://r' }],
  [vault(), { VAULT_ADDR: 'https://v', VAULT_ADMIN_TOKEN: 't' }, { url: 'https://v', token: 't' }],
  [sandbox('stripe'), { STRIPE_API_BASE: 'https://api.stripe.com', STRIPE_SECRET_KEY: 'sk_test_x' }, { url: 'https://api.stripe.com' }],
];

describe('a part that runs elsewhere', () => {
  const own = useHome();

  for (const [part, env, address] of elsewhere)
    it(`is used and not started: ${part.name}`, async () => {
      const supervisor = createSupervisor(own.home, assert.fail, assert.fail);
      assert.deepEqual(await startPart(part, 0, contextOf(own.home, env), supervisor), { address });
    });

  it('is not taken from an empty variable', () => assert.equal(redis.external({ REDIS_URL: '' }), undefined));

  it('is refused when only half of it is told', () => {
    assert.throws(() => postgres.external({ DATABASE_URL: 'postgres://a/b' }), {
      message: 'DATABASE_URL is set without DATABASE_OWNER_URL: set all or none.',
    });
    assert.throws(() => s3.external({ S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' }), {
      message: 'S3_ACCESS_KEY and S3_SECRET_KEY are set without S3_ENDPOINT: set all or none.',
    });
  });

  it('is not guessed from a key: a key without an address is refused', () => {
    assert.throws(() => sandbox('stripe').external({ STRIPE_SECRET_KEY: 'sk_live_x' }), {
      message: "STRIPE_SECRET_KEY is set without STRIPE_API_BASE: set the vendor's address too, or unset the key to use the sandbox.",
    });
  });

  it('takes OpenBao with it when it is the keyring, where its state would be', async () => {
    const part = vault(Promise.resolve({ url: 'postgres://a/k', ownerUrl: 'postgres://c/k' }));
    await assert.rejects(part.launch(own.context, 'bao'), {
      name: 'StackError',
      message: /^KEYRING_DATABASE_URL is set without VAULT_ADDR/,
    });
  });
});
