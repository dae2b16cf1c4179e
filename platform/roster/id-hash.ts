import { hash, randomBytes } from 'node:crypto';

/** So many bytes that stand for an id while a roster is read: keyed by chance, so that nobody can make two ids meet. At most 20. */
export function createIdHash(bytes: number): (id: string) => string {
  const salt = randomBytes(16).toString('hex');
  return (id) => hash('sha1', salt + id, 'binary').slice(0, bytes);
}
