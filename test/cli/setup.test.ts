import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { platformTenantId } from '../../domain/roles.ts';
import { verifyChain } from '../../platform/audit.ts';
import { asAccount, openDatabase } from '../../platform/database.ts';
import { createAccounts } from '../../platform/identity/accounts.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { rollback } from '../../platform/migrator.ts';
import { verifyPassword } from '../../platform/passwords.ts';
import { createVaultHttp } from '../../platform/vault-http.ts';
import { createVault } from '../../platform/vault.ts';
import { useDatabases } from '../support/database.ts';
import { servers } from '../support/servers.ts';

interface Result {
  readonly vaultToken: string;
  readonly demo: { readonly email: string; readonly password: string; readonly tenant: string } | null;
}
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const root = new URL('../../', import.meta.url);

async function run(env: Record<string, string>): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: root, env: { PATH, HOME, ...env } };
  const started = promisify(execFile)(process.execPath, ['--import', 'tsx', 'cli/setup.ts'], options);
  return await started.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}
function resultOf({ code, stdout, stderr }: Ended): Result {
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[^\n]+\n$/);
  return JSON.parse(stdout) as Result;
}

describe('cli/setup', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const mount = `test-setup-${randomBytes(6).toString('hex')}`;
  const asAdmin = () => createVaultHttp({ address: servers().vault.url, token: servers().vault.token });
  const environment = (): Record<string, string> => ({
    DATABASE_URL: databases.urls.main,
    DATABASE_OWNER_URL: databases.urls.owner,
    KEYRING_DATABASE_URL: databases.urls.keyring,
    KEYRING_OWNER_URL: databases.urls.keyringOwner,
    VAULT_ADDR: servers().vault.url,
    VAULT_ADMIN_TOKEN: servers().vault.token,
    VAULT_TRANSIT_MOUNT: mount,
  });
  /** What somebody can do who has the set-up's result and the app's own access. */
  async function signIn({ vaultToken, demo }: Result): Promise<{ accountId: string; fits: boolean }> {
    const vault = createVault({ address: servers().vault.url, token: vaultToken, mount });
    const accounts = createAccounts({ main: databases.main, keyring: createKeyring({ knex: databases.keyring, vault }) });
    const account = await accounts.findAccountByLogin(demo?.email ?? '');
    assert.ok(account);
    return { accountId: account.id, fits: await verifyPassword(account.password_hash, demo?.password ?? '') };
  }

  before(async () => {
    // As on the first day: databases without a table.
    await rollback(databases.owner, 'main', { all: true });
    await rollback(databases.keyringOwner, 'keyring', { all: true });
  });
  after(async () => {
    await asAdmin()('DELETE', `sys/mounts/${mount}`);
    await asAdmin()('DELETE', `sys/policies/acl/toolbox-app-${mount}`);
  });

  it('turns empty servers into a platform one can sign in to, and does so again without a change', async () => {
    const first = resultOf(await run(environment()));
    const before = await signIn(first);
    assert.ok(before.fits);
    const memberships = await asAccount(databases.main, before.accountId, (trx) => trx('memberships'));
    assert.deepEqual(
      memberships.map(({ tenant_id, role }: Record<string, unknown>) => ({ tenant_id, role })),
      [{ tenant_id: platformTenantId, role: 'super_admin' }],
    );

    const given = { ...environment(), DEMO_PASSWORD: 'correct horse battery' };
    const second = resultOf(await run(given));
    assert.deepEqual(second.demo, { email: 'ops@toolbox.example', password: 'correct horse battery', tenant: 'platform' });
    const third = resultOf(await run(given));
    assert.deepEqual(await signIn(third), { accountId: before.accountId, fits: true });
    assert.equal((await signIn(first)).fits, false);
    const proof = await verifyChain(databases.main, platformTenantId);
    assert.deepEqual([proof.intact, proof.entries], [true, 3]);
  });

  it('gives the app a vault token that may not do what the admin may', async () => {
    const { vaultToken } = resultOf(await run(environment()));
    const { status } = await createVaultHttp({ address: servers().vault.url, token: vaultToken })('GET', 'sys/mounts').catch(() => ({
      status: 403,
    }));
    assert.equal(status, 403);
  });

  it('makes no demo account in production unless its password is given', async () => {
    assert.equal(resultOf(await run({ ...environment(), NODE_ENV: 'production' })).demo, null);
  });

  it('makes the role of the app when the servers do not know it, and uses the password of its address', async () => {
    const role = `toolbox_app_${randomBytes(4).toString('hex')}`;
    const url = new URL(databases.urls.main);
    url.username = role;
    url.password = encodeURIComponent(`p?w'd`);
    const admin = openDatabase(servers().postgres.adminUrl, { poolMax: 1 });
    await admin.raw('alter role toolbox_owner createrole');
    try {
      const { code, stderr } = await run({ ...environment(), DATABASE_URL: url.href });
      // The grants of the migrations are the standard role's: this one may come in, and no more.
      assert.equal(code, 1);
      assert.match(stderr, /"part":"platform tenant"/);
      assert.ok(await admin('pg_roles').where({ rolname: role, rolcanlogin: true }).first());
    } finally {
      await admin.raw('alter role toolbox_owner nocreaterole');
      await admin.raw('drop role if exists ??', [role]);
      await admin.destroy();
    }
  });

  it('names every bad variable, on stderr only', async () => {
    const { code, stdout, stderr } = await run({ ...environment(), VAULT_ADDR: 'hunter2', VAULT_ADMIN_TOKEN: '' });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /VAULT_ADDR: .*\n.*VAULT_ADMIN_TOKEN: is missing/);
    assert.ok(!stderr.includes('hunter2'));
  });

  it('names the part that failed and tells no secret', async () => {
    const { code, stdout, stderr } = await run({ ...environment(), VAULT_ADMIN_TOKEN: 'hunter2' });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /"part":"vault"/);
    assert.ok(!stderr.includes('hunter2'));
  });
});
