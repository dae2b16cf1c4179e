import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { gzipMagic, searchCompressed } from './carve.ts';

const name = 'Zoë Krx92vQ4m';
const found = async (file: Buffer): Promise<string[]> =>
  (await searchCompressed('here', file, { name })).hits.filter(({ encoding }) => encoding === 'utf-8').map(({ where }) => where);

describe('the search in what lies compressed in a file', () => {
  const packed = gzipSync(Buffer.concat([Buffer.alloc(50_000, 'ab'), Buffer.from(name)]));

  it('finds it wherever it begins and whatever follows', async () => {
    const noise = randomBytes(5_000).map((byte) => byte & 0x7f); // no head of another
    assert.deepEqual(await found(packed), ['here, inflated from byte 0']);
    assert.deepEqual(await found(Buffer.concat([noise, packed, noise, packed])), [
      'here, inflated from byte 5000',
      `here, inflated from byte ${10_000 + packed.length}`,
    ]);
  });

  it('passes over names and comments in its head', async () => {
    const head = Buffer.from(packed.subarray(0, 10));
    head[3] = 2 | 4 | 8 | 16;
    const more = Buffer.from('\u0003\u0000abcname\u0000a comment\u0000xx', 'latin1');
    assert.equal((await found(Buffer.concat([head, more, packed.subarray(10)]))).length, 1);
  });

  it('reads as far as it can what was cut off or written over, and is not misled by what only looks so', async () => {
    const long = gzipSync(Buffer.concat([randomBytes(20_000), Buffer.from(name), randomBytes(50_000)]));
    assert.equal((await found(long.subarray(0, 40_000))).length, 1);
    assert.equal((await found(Buffer.concat([long.subarray(0, 40_000), randomBytes(10_000)]))).length, 1);
    assert.deepEqual(await found(Buffer.concat([gzipMagic, randomBytes(1_000)])), []);
    assert.deepEqual(await found(gzipMagic), []);
  });
});
