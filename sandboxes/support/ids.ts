import { randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

// Asking for randomness costs more than the randomness.
let pool = Buffer.alloc(0);
let used = 0;

function nextByte(): number {
  if (used >= pool.length) [pool, used] = [randomBytes(16_384), 0];
  return pool[used++] ?? 0;
}

/** Letters and digits at random, as vendors write ids. */
export function randomText(length: number, from = alphabet): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += from[nextByte() % from.length] ?? '';
  return text;
}
