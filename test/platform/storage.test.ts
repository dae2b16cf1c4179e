import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { createStorage } from '../../platform/storage.ts';
import { servers } from '../support/servers.ts';

const MiB = 1024 * 1024;

describe('platform/storage', () => {
  const bucket = `test-${randomUUID()}`;
  const storage = createStorage(servers().s3);
  before(() => storage.ensureBucket(bucket));
  after(() => storage.removeBucket(bucket));

  async function* pieces(bytes: Buffer, failAt = Infinity): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 100_003) {
      if (at >= failAt) throw new Error('cut');
      yield bytes.subarray(at, at + 100_003);
    }
  }
  const read = async (key: string): Promise<Buffer> => Buffer.concat(await (await storage.getStream(bucket, key)).toArray());

  for (const bytes of [0, 1, 8 * MiB, 20 * MiB + 3])
    it(`stores a stream of ${bytes} bytes and gives it back`, async () => {
      const body = randomBytes(bytes);
      assert.equal(await storage.put(bucket, 'stream', Readable.from(pieces(body), { objectMode: false })), bytes);
      assert.ok(body.equals(await read('stream')));
      assert.equal(await storage.size(bucket, 'stream'), bytes);
    });

  it('reads a range, and fails where the object is shorter', async () => {
    await storage.put(bucket, 'range', Buffer.from('0123456789'));
    assert.equal((await storage.getRange(bucket, 'range', 3, 4)).toString(), '3456');
    await assert.rejects(storage.getRange(bucket, 'range', 8, 4), /shorter/);
  });

  it('stores nothing of a stream that fails, early or late', async () => {
    for (const [key, failAt] of [
      ['early', 200_000],
      ['late', 17 * MiB],
    ] as const) {
      await assert.rejects(storage.put(bucket, key, Readable.from(pieces(randomBytes(20 * MiB), failAt), { objectMode: false })), /cut/);
      assert.equal(await storage.size(bucket, key), undefined);
    }
  });

  it('signs by the clock it is given', async () => {
    const early = createStorage(servers().s3, () => new Date(Date.now() - 3_600_000));
    await assert.rejects(early.put(bucket, 'early', Buffer.from('x')), { code: 'RequestTimeTooSkewed' });
  });

  it('removes an object twice without complaint', async () => {
    await storage.put(bucket, 'once', Buffer.from('x'));
    for (const _ of [1, 2]) await storage.remove(bucket, 'once');
    assert.equal(await storage.size(bucket, 'once'), undefined);
  });

  it('lists by prefix in order', async () => {
    for (const key of ['list/b', 'list/a', 'other']) await storage.put(bucket, key, Buffer.from('x'));
    assert.deepEqual(await storage.list(bucket, 'list/'), ['list/a', 'list/b']);
  });

  it('makes and removes a bucket twice without complaint, full or not', async () => {
    const other = `test-${randomUUID()}`;
    for (const _ of [1, 2]) await storage.ensureBucket(other);
    await storage.put(other, 'full', Buffer.from('x'));
    for (const _ of [1, 2]) await storage.removeBucket(other);
    assert.deepEqual(await storage.list(other), []);
  });

  it('says so when the store does not answer', async () => {
    await storage.health();
    await assert.rejects(createStorage({ ...servers().s3, endpoint: 'http://127.0.0.1:1' }).health());
  });
});
