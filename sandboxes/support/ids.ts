import { randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits at random, as vendors write ids. */
export const randomText = (length: number, from = alphabet): string =>
  Array.from(randomBytes(length), (byte) => from[byte % from.length]).join('');
