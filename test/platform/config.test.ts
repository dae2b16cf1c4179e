import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ConfigurationError, readConfig } from '../../platform/config.ts';
import { readSetupConfig } from '../../platform/config/tools.ts';

const good = {
  DATABASE_URL: 'postgres://toolbox_app:pw-main@127.0.0.1:5432/toolbox',
  KEYRING_DATABASE_URL: 'postgres://keyring_app:pw-keyring@127.0.0.1:5433/keyring',
  REDIS_URL: 'redis://127.0.0.1:6379',
  S3_ENDPOINT: 'http://127.0.0.1:8333/',
  S3_ACCESS_KEY: 'access',
  S3_SECRET_KEY: 'secret',
  VAULT_ADDR: 'http://127.0.0.1:8200',
  VAULT_TOKEN: 'token',
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_test',
  STRIPE_API_BASE: 'http://127.0.0.1:12111',
  SENDGRID_API_KEY: 'SG.sandbox',
  SENDGRID_API_BASE: 'http://127.0.0.1:7777',
  MAIL_FROM: 'ToolboxAI <hello@toolbox.example>',
  PUSHER_APP_ID: 'toolbox',
  PUSHER_KEY: 'toolbox-key',
  PUSHER_SECRET: 'toolbox-secret',
  PUSHER_API_BASE: 'http://127.0.0.1:6001',
  ROBLOX_API_KEY: 'rbx-sandbox',
  ROBLOX_API_BASE: 'http://127.0.0.1:7000',
  ROBLOX_WEBHOOK_SECRET: 'roblox-secret',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
} as const;
const setup = {
  DATABASE_URL: good.DATABASE_URL,
  KEYRING_DATABASE_URL: good.KEYRING_DATABASE_URL,
  DATABASE_OWNER_URL: 'postgres://toolbox_owner@127.0.0.1:5432/toolbox',
  KEYRING_OWNER_URL: 'postgres://keyring_owner@127.0.0.1:5433/keyring',
  VAULT_ADDR: good.VAULT_ADDR,
  VAULT_ADMIN_TOKEN: 'root',
} as const;

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}
const problems = (changes: Record<string, string>): readonly string[] => problemsOf(() => readConfig({ ...good, ...changes }));

const live = {
  stripe: `sk_live_${'a'.repeat(24)}`,
  sendgrid: `SG.${'a'.repeat(22)}.${'b'.repeat(43)}`,
  pusher: '0123456789abcdef0123',
  roblox: 'Qm9'.repeat(30),
};

describe('platform/config', () => {
  it('reads the whole configuration into the options each factory takes', () => {
    const config = readConfig(good);
    assert.deepEqual(config.storage, { endpoint: 'http://127.0.0.1:8333', accessKey: 'access', secretKey: 'secret' });
    assert.deepEqual(config.stripe, { secretKey: 'sk_test_1', apiBase: 'http://127.0.0.1:12111' });
    assert.equal(config.temporal.connectionOptions.address, '127.0.0.1:7233');
    assert.equal(config.temporal.namespace, 'default');
    assert.equal(config.publicUrl, 'http://127.0.0.1:3000');
    assert.equal(config.workerShutdownGraceSeconds, 30);
  });

  it("knows how often vendors may be asked: what they document, by the kind of Stripe's key, unless told otherwise", () => {
    assert.deepEqual(readConfig(good).vendorRates, { stripe: 25, sendgrid: 10_000, roblox: 5 });
    const address = { STRIPE_SECRET_KEY: live.stripe, STRIPE_API_BASE: 'https://api.stripe.com' };
    assert.equal(readConfig({ ...good, ...address }).vendorRates.stripe, 100);
    const told = { STRIPE_REQUESTS_PER_SECOND: '80', SENDGRID_REQUESTS_PER_SECOND: '50', ROBLOX_REQUESTS_PER_SECOND: '2.5' };
    assert.deepEqual(readConfig({ ...good, ...told }).vendorRates, { stripe: 80, sendgrid: 50, roblox: 2.5 });
    assert.match(problems({ STRIPE_REQUESTS_PER_SECOND: '0' }).join(), /STRIPE_REQUESTS_PER_SECOND/);
  });

  it('knows our experiences, and under which keys each keeps a player', () => {
    assert.deepEqual(readConfig(good).roblox.universes, []);
    const told = {
      ROBLOX_UNIVERSE_IDS: '1,2',
      ROBLOX_KEY_PATTERNS: 'user_{userId}, 2=p/{userId},2={userId}',
      ROBLOX_ORDERED_DATA_STORES: '1=Wins/s1',
    };
    assert.deepEqual(readConfig({ ...good, ...told }).roblox.universes, [
      { id: '1', keyPatterns: ['user_{userId}'], orderedStores: ['Wins/s1'] },
      { id: '2', keyPatterns: ['p/{userId}', '{userId}'], orderedStores: [] },
    ]);
    assert.deepEqual(readConfig({ ...good, ROBLOX_UNIVERSE_IDS: '3' }).roblox.universes[0]?.keyPatterns, ['user_{userId}']);
    assert.deepEqual(
      problems({ ROBLOX_KEY_PATTERNS: 'players', ROBLOX_UNIVERSE_IDS: 'one' })
        .map((problem) => problem.split(':')[0] ?? '')
        .toSorted((a, b) => a.localeCompare(b)),
      ['ROBLOX_KEY_PATTERNS', 'ROBLOX_UNIVERSE_IDS'],
    );
  });

  it('is frozen through and through', () => {
    const config = readConfig(good);
    assert.throws(() => Object.assign(config, { logLevel: 'debug' }), TypeError);
    assert.throws(() => Object.assign(config.database, { url: 'x' }), TypeError);
    assert.throws(() => Object.assign(config.temporal.connectionOptions, { address: 'x' }), TypeError);
  });

  it('names every bad variable at once and no value', () => {
    const bad = Object.fromEntries(Object.keys(good).map((name) => [name, 'hunter2 not-a-url']));
    const found = problems({
      ...bad,
      API_PORT: 'hunter2',
      LOG_LEVEL: 'hunter2',
      WORKER_SHUTDOWN_GRACE_SECONDS: '-1',
      TEMPORAL_CONFIG_FILE: '/hunter2',
    });
    const names = found.map((problem) => problem.split(':')[0]);
    const checked = [
      'DATABASE_URL',
      'KEYRING_DATABASE_URL',
      'REDIS_URL',
      'S3_ENDPOINT',
      'VAULT_ADDR',
      'STRIPE_SECRET_KEY',
      'STRIPE_API_BASE',
    ];
    const more = [
      'SENDGRID_API_KEY',
      'SENDGRID_API_BASE',
      'MAIL_FROM',
      'PUSHER_API_BASE',
      'API_PORT',
      'LOG_LEVEL',
      'WORKER_SHUTDOWN_GRACE_SECONDS',
    ];
    assert.deepEqual(
      [...checked, ...more].filter((name) => !names.includes(name)),
      [],
    );
    assert.ok(!found.join('\n').includes('hunter2'));
  });

  it('says which variables are missing', () => {
    const found = problemsOf(() => readConfig({}));
    const required = Object.keys(good).filter((name) => !/^(STRIPE|SENDGRID|ROBLOX)_API_BASE$|^TEMPORAL/.test(name));
    assert.deepEqual([...found].sort(), required.map((name) => `${name}: is missing`).sort());
  });

  it('takes an empty variable for one that is not set', () => {
    assert.deepEqual(problems({ VAULT_TOKEN: '', TEMPORAL_UI_URL: ' ' }), ['VAULT_TOKEN: is missing']);
  });

  it('reads Temporal Cloud and mTLS as configuration only', () => {
    const cloud = readConfig({
      ...good,
      TEMPORAL_ADDRESS: 'eu.api.temporal.io:7233',
      TEMPORAL_NAMESPACE: 'school.acct',
      TEMPORAL_API_KEY: 'key',
    });
    assert.equal(cloud.temporal.namespace, 'school.acct');
    assert.deepEqual([cloud.temporal.connectionOptions.apiKey, cloud.temporal.connectionOptions.tls], ['key', true]);
    const mtls = readConfig({ ...good, TEMPORAL_TLS_CLIENT_CERT_DATA: 'certificate', TEMPORAL_TLS_CLIENT_KEY_DATA: 'private' });
    const { tls } = mtls.temporal.connectionOptions;
    assert.ok(typeof tls === 'object' && tls !== null);
    assert.equal(Buffer.from(tls.clientCertPair?.crt ?? '').toString(), 'certificate');
  });

  it('tells that a Temporal certificate cannot be read without quoting it', () => {
    const found = problems({ TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/hunter2.pem', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere/hunter2.key' });
    assert.deepEqual(found, ['TEMPORAL_*: the profile, file or certificate they name cannot be read (ENOENT)']);
  });

  it('refuses a keyring on the server of the main cluster', () => {
    assert.deepEqual(problems({ KEYRING_DATABASE_URL: 'postgres://keyring_app@127.0.0.1/keyring' }), [
      'KEYRING_DATABASE_URL: must be another server than DATABASE_URL',
    ]);
  });

  it('refuses a live key with the address of a sandbox, for each vendor', () => {
    const found = problems({
      STRIPE_SECRET_KEY: live.stripe,
      SENDGRID_API_KEY: live.sendgrid,
      PUSHER_SECRET: live.pusher,
      ROBLOX_API_KEY: live.roblox,
    });
    assert.deepEqual(
      found.map((problem) => problem.split(':')[0]),
      ['STRIPE_API_BASE', 'SENDGRID_API_BASE', 'PUSHER_API_BASE', 'ROBLOX_API_BASE'],
    );
    assert.equal(problems({ STRIPE_SECRET_KEY: 'rk_live_1' }).length, 1);
    assert.equal(problems({ STRIPE_SECRET_KEY: 'rk_live_1', STRIPE_API_BASE: 'https://api.stripe.com.evil.example' }).length, 1);
  });

  it("refuses a sandbox's key with the address of the vendor", () => {
    const found = problems({
      SENDGRID_API_BASE: 'https://api.sendgrid.com',
      PUSHER_API_BASE: 'https://api-eu.pusher.com',
      ROBLOX_API_BASE: '',
    });
    assert.deepEqual(
      found.map((problem) => problem.split(':')[0]),
      ['SENDGRID_API_KEY', 'PUSHER_SECRET', 'ROBLOX_API_KEY'],
    );
  });

  it('refuses a test key with the address of the vendor in production only', () => {
    const real = { STRIPE_API_BASE: 'https://api.stripe.com' };
    assert.deepEqual(problems(real), []);
    assert.deepEqual(problems({ ...real, NODE_ENV: 'production' }), [
      `STRIPE_SECRET_KEY: a test key with the vendor's own address in production`,
    ]);
  });

  it('takes live keys with the addresses of their vendors, by https', () => {
    const keys = {
      STRIPE_SECRET_KEY: live.stripe,
      SENDGRID_API_KEY: live.sendgrid,
      PUSHER_SECRET: live.pusher,
      ROBLOX_API_KEY: live.roblox,
    };
    const addresses = {
      STRIPE_API_BASE: '',
      ROBLOX_API_BASE: 'https://apis.roblox.com',
      SENDGRID_API_BASE: 'https://api.eu.sendgrid.com',
      PUSHER_API_BASE: 'https://api-eu.pusher.com',
    };
    assert.deepEqual(problems({ ...keys, ...addresses, NODE_ENV: 'production' }), []);
    assert.deepEqual(problems({ ...keys, ...addresses, STRIPE_API_BASE: 'http://api.stripe.com' }), [
      'STRIPE_API_BASE: the vendor is reached by https only',
    ]);
  });

  it('gives setup its own, smaller configuration', () => {
    assert.equal(readSetupConfig(setup).vault.adminToken, 'root');
    assert.deepEqual(
      problemsOf(() => readSetupConfig({ ...setup, VAULT_ADMIN_TOKEN: '', DEMO_PASSWORD: 'hunter2' })).map(
        (problem) => problem.split(':')[0],
      ),
      ['VAULT_ADMIN_TOKEN', 'DEMO_PASSWORD'],
    );
  });

  it('knows every variable the design names', () => {
    const design = readFileSync(new URL('../../docs/design.md', import.meta.url), 'utf8');
    const section = design.slice(design.indexOf('## Configuration'), design.indexOf('## The embedded stack'));
    const named = [...section.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, name = '']) => name);
    const source = readFileSync(new URL('../../platform/config/variables.ts', import.meta.url), 'utf8');
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((name) => !new RegExp(`^  ${name}:`, 'm').test(source)),
      [],
    );
  });
});
