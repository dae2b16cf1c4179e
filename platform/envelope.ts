import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { UndecipherableError } from '../domain/errors.ts';
import type { PiiPlace } from '../domain/pii.ts';

const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes;
const overheadBytes = headBytes + tagBytes;
export const keyBytes = 32;

// Asking the system for 12 random bytes costs more than encrypting a name: draw many at once, use each once.
const pool = Buffer.alloc(nonceBytes * 1024);
let poolAt = pool.length;

function drawNonce(into: Buffer, at: number): void {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  pool.copy(into, at, poolAt, poolAt + nonceBytes);
  pool.fill(0, poolAt, (poolAt += nonceBytes));
}

const aadOf = ({ tenantId, table, column, rowId }: PiiPlace): Buffer => Buffer.from(`${tenantId}|${table}|${column}|${rowId}`);

/** Encrypts bytes: version byte 1 | 12-byte nonce | ciphertext | 16-byte tag. AES-256-GCM, key of 32 bytes. */
export function sealBytes(key: Buffer, aad: Buffer, body: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(overheadBytes + body.length);
  sealed[0] = formatVersion;
  drawNonce(sealed, 1);
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(1, headBytes), { authTagLength: tagBytes });
  cipher.setAAD(aad);
  cipher.update(body).copy(sealed, headBytes);
  cipher.final();
  cipher.getAuthTag().copy(sealed, headBytes + body.length);
  return sealed;
}

type Open = (key: Buffer, aad: Buffer, sealed: Buffer, where: string) => Buffer;

/**
 * How each version that was ever written is opened, by its first byte. A new one is added here first, everywhere, and only then written
 * (`formatVersion`): so values of all versions are readable side by side, and none is rewritten. What is not here was written by nobody.
 */
const versions: Readonly<Record<number, Open>> = { 1: openFirst };

/** Opens what sealBytes made, in any version, with the same key and AAD; anything else throws UndecipherableError, which says `where` and no more. */
export function openBytes(key: Buffer, aad: Buffer, sealed: Buffer, where: string): Buffer {
  const open = versions[sealed[0] ?? 0];
  if (!open) throw new UndecipherableError(where);
  return open(key, aad, sealed, where);
}

function openFirst(key: Buffer, aad: Buffer, sealed: Buffer, where: string): Buffer {
  if (sealed.length < overheadBytes) throw new UndecipherableError(where);
  const tagAt = sealed.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, headBytes), { authTagLength: tagBytes });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(tagAt));
  const body = decipher.update(sealed.subarray(headBytes, tagAt));
  try {
    decipher.final();
  } catch (error) {
    throw new UndecipherableError(where, error);
  }
  return body;
}

/** Encrypts a value for one place: an envelope of sealBytes whose AAD is the place. */
export const sealValue = (key: Buffer, place: PiiPlace, plaintext: string): Buffer => sealBytes(key, aadOf(place), Buffer.from(plaintext));

/** Opens what sealValue made with the same key for the same place; anything else throws UndecipherableError, which names the column only. */
export const openValue = (key: Buffer, place: PiiPlace, sealed: Buffer): string =>
  openBytes(key, aadOf(place), sealed, `${place.table}.${place.column}`).toString();
