import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { servers } from '../support/servers.ts';
import { makeVault, type TestVault } from '../support/vault.ts';

describe('npm run rotate-signing-key', function () {
  this.timeout(30_000);
  let own: TestVault & { remove(): Promise<void> };
  before(async () => {
    own = await makeVault();
  });
  after(() => own.remove());

  const run = (token: string, ...args: string[]) => {
    const { PATH = '', HOME = '' } = process.env;
    const vault = { VAULT_ADDR: own.address, VAULT_ADMIN_TOKEN: token, VAULT_TRANSIT_MOUNT: own.mount };
    return promisify(execFile)(process.execPath, ['--import', 'tsx', 'cli/rotate-signing-key.ts', ...args], {
      env: { PATH, HOME, ...vault },
    });
  };

  it('makes the next key and says what becomes of the older ones', async () => {
    const { stdout } = await run(servers().vault.token);
    assert.match(stdout, /signed with jwt-2.*stay good/);
    const { keys } = await own.vault.jwks();
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      ['jwt-2', 'jwt-1'],
    );
  });

  it('makes the next key of certificates when it is told to, and leaves the other as it is', async () => {
    const before = await own.vault.jwks();
    const { stdout } = await run(servers().vault.token, '--certificates');
    assert.match(stdout, /signed with certificates-2 from now on\. Those of older keys verify as before\./);
    const { keys } = await own.vault.certificateKeys();
    assert.deepEqual(
      keys.map(({ kid }) => kid),
      ['certificates-2', 'certificates-1'],
    );
    assert.deepEqual(await own.vault.jwks(), before);
  });

  it("cannot be done with the app's own token, nor without one", async () => {
    await assert.rejects(run(own.appToken), { code: 1 });
    await assert.rejects(run(''), { code: 2, stderr: /VAULT_ADMIN_TOKEN: is missing/ });
    assert.equal((await own.vault.jwks()).keys.length, 2);
  });
});
