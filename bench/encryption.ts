import { createCipheriv, randomBytes } from 'node:crypto';
import { createSealer } from '../platform/pii.ts';
import { type Comparison, rateOf } from './support/compare.ts';

const values = 100_000;
const people = 1_000;

/** Sealing single fields: the product's sealer against node:crypto by the book, same keys, same places, same texts. */
export function compareEncryption(): Comparison {
  const tenantId = '0190d1a0-0000-7000-8000-000000000001';
  const ids = Array.from({ length: people }, (_, at) => `0190d1a0-0000-7000-9000-${String(at).padStart(12, '0')}`);
  const keys = new Map(ids.map((id) => [id, { key: randomBytes(32) }]));
  const sealer = createSealer(keys);
  const texts = ids.map((_, at) => `Student Number ${at}`);
  const each = (seal: (id: string, text: string) => Buffer): Promise<number> =>
    rateOf(values, () => {
      for (let at = 0; at < values; at += 1) seal(ids[at % people] ?? '', texts[at % people] ?? '');
    });
  const bareSeal = (id: string, text: string): Buffer => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', keys.get(id)?.key ?? '', nonce);
    cipher.setAAD(Buffer.from(`${tenantId}|people|display_name|${id}`));
    return Buffer.concat([Buffer.from([1]), nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  };
  return {
    name: 'field encryption',
    what: 'sealing names with a key per person, against node:crypto with the same keys',
    unit: 'fields/s on one core',
    target: 0.8,
    least: 85_000,
    limitedBy: 'setting up AES-256-GCM in node:crypto, once a field',
    ours: () => each((id, text) => sealer.seal(id, { tenantId, table: 'people', column: 'display_name', rowId: id }, text)),
    bare: () => each(bareSeal),
  };
}
