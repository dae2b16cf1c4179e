import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { createAccounts } from '../../platform/identity/accounts.ts';
import { newId } from '../../platform/ids.ts';
import { SealedInput } from '../../platform/models/sealed-input.ts';
import { useResetting } from './support/resetting.ts';
import { statesOf } from './support/world.ts';

describe('workflows/reset-password', function () {
  this.timeout(60_000);
  const resetting = useResetting();
  const accountWith = async (login: string): Promise<void> => {
    const { databases, keyring } = resetting.making;
    const accounts = createAccounts({ main: databases.main, keyring });
    await accounts.createAccount({ accountId: newId(), login, password: 'correct horse battery' });
  };
  const inputsLeft = () => inTenant(resetting.making.databases.main, platformTenantId, async (trx) => SealedInput.query(trx).resultSize());

  it('mails the link to the account that has the login, and keeps nothing of the input', async () => {
    const login = `${newId()}@example.org`;
    await accountWith(login);
    await resetting.run(login, async (handle, _run, ends) => {
      assert.deepEqual(await handle.result(), { mailed: true });
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'find-account done, send-mail done, discard-input done');
    });
    const mails = await resetting.mails();
    assert.deepEqual(
      mails.map(({ to }) => to),
      [login],
    );
    assert.equal(await inputsLeft(), 0);
  });

  it('ends the same way, without a mail, for a login that nobody has', async () => {
    await resetting.run(`${newId()}@example.org`, async (handle, _run, ends) => {
      assert.deepEqual(await handle.result(), { mailed: false });
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'find-account done, send-mail skipped, discard-input done');
    });
    assert.deepEqual([(await resetting.mails()).length, await inputsLeft()], [0, 0]);
  });
});
