import assert from 'node:assert/strict';
import { hmacKey, type BlindIndex, type IndexPurpose } from '../../platform/blind-index.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { useDatabases } from '../support/database.ts';
import { useVault } from '../support/vault.ts';

describe('platform/blind-index', () => {
  const databases = useDatabases();
  const test = useVault();
  const newIndex = async (): Promise<BlindIndex> => {
    const tenantId = newId();
    await test.vault.createTenantKey(tenantId);
    return createKeyring({ knex: databases.keyring, vault: test.vault }).blindIndex(tenantId);
  };

  const spellings: readonly [IndexPurpose, string, string, boolean][] = [
    ['login', 'ada@example.org', '  ADA@Example.org\n', true],
    ['login', 'ada@example.org', 'ａｄａ＠example.org', true],
    ['login', 'ada@example.org', 'bob@example.org', false],
    ['email', 'Zoë@example.org', 'ZOE\u0308@example.org', true],
    ['username', 'Ada.L', 'ada.l', true],
    ['roster-person', 'A-17', ' A-17 ', true],
    ['roster-person', 'A-17', 'a-17', false],
  ];
  for (const [purpose, one, other, same] of spellings)
    it(`takes ${JSON.stringify(one)} and ${JSON.stringify(other)} for ${same ? 'the same' : 'different'} as ${purpose}`, async () => {
      const index = await newIndex();
      assert.equal(index.hmac(purpose, one).equals(index.hmac(purpose, other)), same);
    });

  it('has another digest for each purpose and each tenant', async () => {
    const [here, there] = [await newIndex(), await newIndex()];
    const digests = [here.hmac('login', 'ada'), here.hmac('email', 'ada'), there.hmac('login', 'ada')];
    assert.equal(new Set(digests.map(hmacKey)).size, 3);
    assert.deepEqual(
      digests.map(({ length }) => length),
      [32, 32, 32],
    );
  });

  it('finds who is known and leaves out who is not', async () => {
    const index = await newIndex();
    const [ada, digest] = [newId(), Buffer.alloc(32, 7)];
    const hmac = index.hmac('roster-person', 'A-17');
    await index.put('roster-person', [{ hmac, subjectId: ada, sourceDigest: digest }]);
    const found = await index.find('roster-person', [hmac, index.hmac('roster-person', 'A-18')]);
    assert.deepEqual([...found], [[hmacKey(hmac), { subjectId: ada, sourceDigest: digest }]]);
    assert.equal((await index.find('login', [hmac])).size, 0);
  });

  it('keeps the first of two that claim the same digest, and tells the second', async () => {
    const index = await newIndex();
    const hmac = index.hmac('login', 'ada@example.org');
    const claims = [newId(), newId(), newId()].map((subjectId) => index.put('login', [{ hmac, subjectId }]));
    const holders = (await Promise.all(claims)).map((kept) => kept.get(hmacKey(hmac))?.subjectId);
    assert.equal(new Set(holders).size, 1);
  });

  it('replaces digests of known rows only', async () => {
    const index = await newIndex();
    const [known, unknown] = [index.hmac('roster-person', '1'), index.hmac('roster-person', '2')];
    await index.put('roster-person', [{ hmac: known, subjectId: newId() }]);
    await index.setDigests(
      'roster-person',
      [known, unknown].map((hmac) => ({ hmac, sourceDigest: Buffer.from('new') })),
    );
    const found = await index.find('roster-person', [known, unknown]);
    assert.deepEqual([found.get(hmacKey(known))?.sourceDigest, found.size], [Buffer.from('new'), 1]);
  });

  it('removes all rows of a person and no others', async () => {
    const index = await newIndex();
    const [ada, bob] = [newId(), newId()];
    const hmacs = ['a', 'b', 'c'].map((value) => index.hmac('login', value));
    await index.put(
      'login',
      hmacs.map((hmac, at) => ({ hmac, subjectId: at < 2 ? ada : bob })),
    );
    await index.remove([ada]);
    assert.deepEqual(
      [...(await index.find('login', hmacs)).values()].map(({ subjectId }) => subjectId),
      [bob],
    );
  });
});
