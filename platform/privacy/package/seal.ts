import { createHash, randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Encrypter } from 'age-encryption';

/** What a package is sealed to, in clear. */
export type SealTo = { readonly recipient: string } | { readonly passphrase: string };

/**
 * scrypt's cost, 2^14 (16 MiB): age's own choice of 2^18 takes 256 MiB, which the worker does not have, and makes up for weak
 * passphrases. Ours have 99 random bits (newPassphrase), which nobody guesses at any cost.
 */
const scryptLogN = 14;
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
const [groups, groupLength] = [4, 5];

/** 20 letters and digits that are not taken for one another, in four groups: 99 bits. */
export function newPassphrase(): string {
  const group = (): string => Array.from({ length: groupLength }, () => letters[randomInt(letters.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}

export interface Sealed {
  readonly file: Readable;
  /** SHA-256 of the sealed file, in hex; known when it has been read. */
  sha256(): string;
}

/** A stream in the age format (age-encryption.org/v1), which age and rage open; 64 KiB of it in memory at a time. Errors of `plain` are its own. */
export async function seal(plain: Readable, to: SealTo): Promise<Sealed> {
  const encrypter = new Encrypter();
  if ('recipient' in to) encrypter.addRecipient(to.recipient);
  else {
    encrypter.setScryptWorkFactor(scryptLogN);
    encrypter.setPassphrase(to.passphrase);
  }
  const encrypted = await encrypter.encrypt(Readable.toWeb(plain) as globalThis.ReadableStream<Uint8Array>);
  const hash = createHash('sha256');
  let digest: string | undefined;
  const passing = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of Readable.fromWeb(encrypted as ReadableStream) as AsyncIterable<Uint8Array>) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      hash.update(bytes);
      yield bytes;
    }
  };
  return {
    file: Readable.from(passing(), { objectMode: false }),
    sha256: () => (digest ??= hash.digest('hex')),
  };
}
