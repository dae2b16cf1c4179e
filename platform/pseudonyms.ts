import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { platformTenantId } from '../domain/roles.ts';
import type { Keyring } from './keyring.ts';
import type { Logger } from './logger.ts';

const askAgainMs = 10_000;
export type Pseudonym = (text: string) => string;
export interface Pseudonyms {
  readonly of: Pseudonym;
  /** When the keyring has answered for the first time, or could not. */
  readonly ready: Promise<void>;
}

/**
 * What stands for an address or a login where others count by it: keyed, for either is personal data. Every API uses the platform's key;
 * until it has been read (the keyring may be away) each uses one of its own, so that nobody ever waits for it.
 */
export function createPseudonyms(keyring: Pick<Keyring, 'blindIndex'>, log: Pick<Logger, 'warn'>): Pseudonyms {
  let key: Buffer = randomBytes(32);
  const kept = new LRUCache<string, string>({ max: 1_000, ttl: 600_000 });
  let shared = false;
  let asked = 0;

  async function ask(): Promise<void> {
    asked = performance.now();
    try {
      const index = await keyring.blindIndex(platformTenantId);
      key = index.hmac('request', 'pseudonyms');
      shared = true;
      kept.clear();
    } catch (err) {
      log.warn({ part: 'keyring', err }, 'pseudonyms of this process only');
    }
  }
  return {
    ready: ask(),
    of: (text) => {
      if (!shared && performance.now() - asked >= askAgainMs) void ask();
      const known = kept.get(text);
      if (known) return known;
      const made = createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
      kept.set(text, made);
      return made;
    },
  };
}
