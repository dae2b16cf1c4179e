import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { chunkBytes, openReader, sealStream, type SealedReader } from '../../platform/sealed-file.ts';

const key = randomBytes(32);
const sealedChunk = chunkBytes + 16;
const head = 8;

async function seal(plain: Buffer, pieceBytes = 10_007): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < plain.length; at += pieceBytes) pieces.push(plain.subarray(at, at + pieceBytes));
  const sealed: Buffer[] = [];
  for await (const piece of Readable.from(pieces).pipe(sealStream(key)) as AsyncIterable<Buffer>) sealed.push(piece);
  return Buffer.concat(sealed);
}
const open = (sealed: Buffer, under = key): Promise<SealedReader> =>
  openReader({ key: under, size: sealed.length, read: async (offset, length) => sealed.subarray(offset, offset + length) });
const undecipherable = { code: 'undecipherable' };

describe('platform/sealed-file', () => {
  for (const bytes of [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 40 * chunkBytes + 5])
    it(`gives back ${bytes} bytes as they were`, async () => {
      const plain = randomBytes(bytes);
      const reader = await open(await seal(plain));
      assert.equal(reader.size, bytes);
      assert.ok(plain.equals(await reader.read(0, bytes)));
      const streamed: Buffer[] = [];
      for await (const piece of reader.stream(0, bytes) as AsyncIterable<Buffer>) streamed.push(piece);
      assert.ok(plain.equals(Buffer.concat(streamed)));
    });

  it('reads any range, also over chunk borders and past the end', async () => {
    const plain = randomBytes(3 * chunkBytes + 100);
    const reader = await open(await seal(plain));
    for (const [offset, length] of [
      [0, 10],
      [chunkBytes - 5, 10],
      [chunkBytes, chunkBytes],
      [5, 2 * chunkBytes + 7],
      [plain.length - 3, 50],
      [plain.length, 5],
    ] as const)
      assert.ok(plain.subarray(offset, offset + length).equals(await reader.read(offset, length)));
  });

  it('hides the plaintext', async () => {
    assert.equal((await seal(Buffer.from('Ora Klein'.repeat(100)))).includes('Klein'), false);
  });

  it('does not open a file cut short, even at the border of a chunk', async () => {
    const sealed = await seal(randomBytes(3 * chunkBytes));
    for (const size of [sealed.length - 1, head + 2 * sealedChunk, head + sealedChunk, head + 3, head, 3, 0])
      await assert.rejects(open(sealed.subarray(0, size)), undecipherable);
  });

  it('does not open chunks that have changed places, nor a file that has grown', async () => {
    const sealed = await seal(randomBytes(4 * chunkBytes));
    const chunk = (index: number): Buffer => sealed.subarray(head + index * sealedChunk, head + (index + 1) * sealedChunk);
    const swapped = Buffer.concat([sealed.subarray(0, head), chunk(1), chunk(0), chunk(2), chunk(3)]);
    await assert.rejects((await open(swapped)).read(0, 1), undecipherable);
    await assert.rejects(open(Buffer.concat([sealed, chunk(3)])), undecipherable);
  });

  it('does not open a changed byte, nor under another key', async () => {
    const sealed = await seal(randomBytes(2 * chunkBytes));
    const reader = await open(sealed);
    const at = head + 100;
    sealed[at] = (sealed[at] ?? 0) ^ 1;
    await assert.rejects(reader.read(0, 1), undecipherable);
    await assert.rejects(open(sealed, randomBytes(32)), undecipherable);
  });
});
