import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../latest.json');

/** Puts one part of the figures into bench/latest.json and leaves the others. */
export function writeLatest(part: 'bench' | 'load' | 'fairness' | 'webhooks' | 'dunning' | 'erasure' | 'export', figures: object): void {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  writeFileSync(file, `${JSON.stringify({ ...known, [part]: figures }, null, 2)}\n`);
}
