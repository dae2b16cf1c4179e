import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { byteaArray, textArray, uuidArray } from '../../platform/binary-array.ts';
import { newId } from '../../platform/ids.ts';
import { useDatabases } from '../support/database.ts';

describe('platform/binary-array', () => {
  const databases = useDatabases();
  const sent = async (type: string, array: Buffer): Promise<unknown> =>
    (await databases.main.raw<{ rows: { values: unknown }[] }>(`select ?::${type}[] as values`, [array])).rows[0]?.values;

  it('arrives as what it was made of', async () => {
    const ids = [newId(), null, newId()];
    assert.deepEqual(await sent('uuid', uuidArray(ids)), ids);
    const texts = ['', 'a', null, '{"a,b"}', "O'Brien \\", 'NULL', 'Zoë Nguyễn 💡', 'x'.repeat(10_000), 'line\nline'];
    assert.deepEqual(await sent('text', textArray(texts)), texts);
    const bytes = [Buffer.alloc(0), null, Buffer.from([0, 1, 255]), randomBytes(5_000)];
    assert.deepEqual(await sent('bytea', byteaArray(bytes)), bytes);
  });

  it('takes what is not given for null, and an empty list for an empty array', async () => {
    assert.deepEqual(await sent('text', textArray([undefined, 'a'])), [null, 'a']);
    for (const [type, array] of [
      ['uuid', uuidArray([])],
      ['text', textArray([])],
      ['bytea', byteaArray([])],
    ] as const)
      assert.deepEqual(await sent(type, array), []);
  });

  it('is refused by the database where an id is none', async () => {
    await assert.rejects(sent('uuid', uuidArray(['no id'])), { code: '08P01' });
  });
});
