import assert from 'node:assert/strict';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openMemory } from '../../../stack/memory.ts';
import { keyring } from '../../../stack/parts/postgres.ts';
import { vault, type VaultAddress } from '../../../stack/parts/vault.ts';
import { startPart } from '../../../stack/start-part.ts';
import { createSupervisor, type Supervisor } from '../../../stack/supervisor.ts';
import { contextOf, useHome } from '../support.ts';

describe('OpenBao in the stack', function () {
  this.timeout(60_000);
  let supervisor: Supervisor;
  afterEach(() => supervisor.stop());
  const own = useHome();

  async function startBoth(): Promise<VaultAddress> {
    supervisor = createSupervisor(own.home, assert.fail, assert.fail);
    const context = { ...contextOf(own.home, { PATH: process.env['PATH'] }), test: false };
    const { address } = await startPart(keyring, 0, context, supervisor);
    return (await startPart(vault(Promise.resolve(address)), 1, context, supervisor)).address;
  }
  const call = async ({ url, token }: VaultAddress, method: string, path: string, body?: object): Promise<number> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return (await fetch(`${url}/v1/${path}`, { method, headers: { 'x-vault-token': token }, ...sent })).status;
  };

  it('keeps its keys over a restart, unsealed by itself', async () => {
    chmodSync(own.home.dir, 0o711);
    const first = await startBoth();
    assert.equal(await call(first, 'POST', 'sys/mounts/transit', { type: 'transit' }), 204);
    assert.equal(await call(first, 'POST', 'transit/keys/probe', {}), 200);
    assert.equal(statSync(join(own.home.data('vault'), 'seal.key')).mode & 0o777, 0o600);
    await supervisor.stop();

    const second = await startBoth();
    assert.deepEqual(second, first);
    assert.equal(await call(second, 'GET', 'transit/keys/probe'), 200);
    await supervisor.stop();

    // Killed after it was initialised and before its token was kept.
    const memory = openMemory(own.home);
    memory.forget('vault.token');
    memory.keep('vault.initialising', 'yes');
    const third = await startBoth();
    assert.notEqual(third.token, first.token);
    assert.equal(await call(third, 'GET', 'auth/token/lookup-self'), 200);
    await supervisor.stop();

    openMemory(own.home).forget('vault.token');
    await assert.rejects(startBoth(), {
      name: 'StackError',
      message: /has lost its token: restore that file, or delete .*\/data to start over\.$/,
    });
  });
});
