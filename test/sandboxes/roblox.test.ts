import assert from 'node:assert/strict';
import { useSandbox } from '../support/sandbox.ts';

describe('the Roblox sandbox', () => {
  const sandbox = useSandbox('roblox');
  const ask = (path: string, headers: Record<string, string> = { 'x-api-key': 'sandbox' }) => fetch(`${sandbox.url}${path}`, { headers });

  it('knows a user by a number, and always as the same', async () => {
    const [first, second] = [await ask('/cloud/v2/users/156'), await ask('/cloud/v2/users/156')];
    const user = (await first.json()) as { id: string };
    assert.deepEqual([first.status, user.id, first.headers.get('x-ratelimit-limit')], [200, '156', '1000, 1000;w=60']);
    assert.deepEqual(await second.json(), user);
  });

  it('refuses in the words of the layer that refuses', async () => {
    const gateway = await ask('/cloud/v2/users/156', {});
    assert.deepEqual([gateway.status, await gateway.json()], [401, { errors: [{ code: 0, message: 'Invalid API Key' }] }]);
    const users = await ask('/cloud/v2/users/nobody');
    assert.deepEqual([users.status, ((await users.json()) as { code: string }).code], [404, 'NOT_FOUND']);
    assert.equal((await ask('/elsewhere')).status, 404);
    assert.deepEqual(await sandbox.control.ledger(), []);
  });
});
