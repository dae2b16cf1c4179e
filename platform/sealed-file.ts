import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { UndecipherableError } from '../domain/errors.ts';

// STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce of a chunk is a random prefix, the chunk's number and whether it is the
// last. A chunk that is moved, dropped, repeated or cut off at does not open. A file: version | prefix | chunk | chunk | ...
const version = 1;
const prefixBytes = 7;
const headBytes = 1 + prefixBytes;
const tagBytes = 16;
const maxChunks = 2 ** 32;
export const chunkBytes = 64 * 1024;
const sealedChunkBytes = chunkBytes + tagBytes;

function nonceOf(prefix: Buffer, index: number, last: boolean): Buffer {
  if (index >= maxChunks) throw new RangeError('The file has too many chunks for its nonces.');
  const nonce = Buffer.alloc(12);
  prefix.copy(nonce);
  nonce.writeUInt32BE(index, prefixBytes);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

function sealChunk(key: Buffer, nonce: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openChunk(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const tagAt = sealed.length - tagBytes;
  if (tagAt < 0) throw new UndecipherableError('a sealed file');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch (error) {
    throw new UndecipherableError('a sealed file', error);
  }
  return plain;
}

/** Seals what is written to it under a key of 32 bytes that seals nothing else. Holds one chunk (64 KiB) at a time. */
export function sealStream(key: Buffer): Transform {
  const prefix = randomBytes(prefixBytes);
  const held = Buffer.alloc(chunkBytes);
  let heldBytes = 0;
  let index = 0;
  let begun = false;
  const seal = (into: Transform, last: boolean): void => {
    if (!begun) into.push(Buffer.concat([Buffer.from([version]), prefix]));
    begun = true;
    into.push(sealChunk(key, nonceOf(prefix, index++, last), held.subarray(0, heldBytes)));
    heldBytes = 0;
  };
  return new Transform({
    transform(this: Transform, piece: Buffer, _encoding, done: TransformCallback) {
      for (let at = 0; at < piece.length;) {
        // A full chunk waits for the next byte: only then is it known not to be the last.
        if (heldBytes === chunkBytes) seal(this, false);
        const copied = piece.copy(held, heldBytes, at);
        heldBytes += copied;
        at += copied;
      }
      done();
    },
    flush(this: Transform, done: TransformCallback) {
      seal(this, true);
      held.fill(0);
      done();
    },
  });
}

export interface SealedSource {
  readonly key: Buffer;
  /** Bytes of the sealed file. */
  readonly size: number;
  /** Exactly `length` bytes of the sealed file from `offset`. */
  read(offset: number, length: number): Promise<Buffer>;
}
export interface SealedReader {
  /** Bytes of the plaintext. */
  readonly size: number;
  /** Plaintext bytes from `offset`, at most `length`, fewer only at the end. Throws UndecipherableError. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Plaintext bytes [start, end), a few chunks in memory at a time. */
  stream(start: number, end: number): Readable;
}

const chunksAtOnce = 16;

/** Opens a sealed file for reading anywhere in it. Checks head and end at once, so a file cut short never opens: UndecipherableError. */
export async function openReader({ key, size, read }: SealedSource): Promise<SealedReader> {
  const chunks = Math.ceil((size - headBytes) / sealedChunkBytes);
  const lastBytes = size - headBytes - (chunks - 1) * sealedChunkBytes;
  if (chunks < 1 || lastBytes < tagBytes) throw new UndecipherableError('a sealed file');
  const head = await read(0, headBytes);
  if (head[0] !== version) throw new UndecipherableError('a sealed file');
  const prefix = head.subarray(1, headBytes);
  const plainSize = (chunks - 1) * chunkBytes + lastBytes - tagBytes;

  async function open(from: number, to: number): Promise<Buffer> {
    const offset = headBytes + from * sealedChunkBytes;
    const sealed = await read(offset, Math.min(size, headBytes + to * sealedChunkBytes) - offset);
    const opened: Buffer[] = [];
    for (let index = from; index < to; index++) {
      const part = sealed.subarray((index - from) * sealedChunkBytes, (index - from + 1) * sealedChunkBytes);
      opened.push(openChunk(key, nonceOf(prefix, index, index === chunks - 1), part));
    }
    return Buffer.concat(opened);
  }
  // Readers of indexes ask for a few bytes here and there in the same chunk.
  let recent = { index: chunks - 1, plain: await open(chunks - 1, chunks) };
  async function openRecent(index: number): Promise<Buffer> {
    if (recent.index !== index) recent = { index, plain: await open(index, index + 1) };
    return recent.plain;
  }

  async function readPlain(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(plainSize, offset + length);
    if (offset >= end) return Buffer.alloc(0);
    const from = Math.floor(offset / chunkBytes);
    const to = Math.ceil(end / chunkBytes);
    const plain = to - from === 1 ? await openRecent(from) : await open(from, to);
    return plain.subarray(offset - from * chunkBytes, end - from * chunkBytes);
  }

  async function* pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      // Cut at chunk borders, so that no chunk is fetched and opened twice.
      const until = Math.min(end, (Math.floor(at / chunkBytes) + chunksAtOnce) * chunkBytes);
      const piece = await readPlain(at, until - at);
      if (piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  }
  return { size: plainSize, read: readPlain, stream: (start, end) => Readable.from(pieces(start, end), { objectMode: false }) };
}
