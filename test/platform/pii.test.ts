import assert from 'node:assert/strict';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { assert as hold, property, string } from 'fast-check';
import type { PiiPlace } from '../../domain/pii.ts';
import { openValue, sealValue } from '../../platform/envelope.ts';
import { newId } from '../../platform/ids.ts';
import { createSealer, openRow, sealRow } from '../../platform/pii.ts';

const key = randomBytes(32);
const place: PiiPlace = { tenantId: newId(), table: 'people', column: 'email', rowId: newId() };
const undecipherable = { code: 'undecipherable', details: { where: 'people.email' } };

describe('platform/envelope', () => {
  it('opens whatever it sealed', () => {
    hold(
      property(string({ unit: 'grapheme', maxLength: 300 }), (plaintext) => {
        const sealed = sealValue(key, place, plaintext);
        assert.equal(sealed.length, 29 + Buffer.byteLength(plaintext));
        assert.equal(openValue(key, place, sealed), plaintext);
      }),
    );
  });

  it('has the documented form: version 1, nonce, ciphertext, tag, with the place as AAD', () => {
    const sealed = sealValue(key, place, 'ada@example.org');
    assert.equal(sealed[0], 1);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13));
    decipher.setAAD(Buffer.from([place.tenantId, place.table, place.column, place.rowId].join('|')));
    decipher.setAuthTag(sealed.subarray(-16));
    assert.equal(decipher.update(sealed.subarray(13, -16), undefined, 'utf8') + decipher.final('utf8'), 'ada@example.org');
  });

  it('never uses a nonce twice', () => {
    const nonces = Array.from({ length: 5_000 }, () => sealValue(key, place, '').toString('hex', 1, 13));
    assert.equal(new Set(nonces).size, nonces.length);
  });

  const moves: readonly [string, Partial<PiiPlace>, RegExp][] = [
    ['tenant', { tenantId: newId() }, /people\.email/],
    ['table', { table: 'accounts' }, /accounts\.email/],
    ['column', { column: 'phone' }, /people\.phone/],
    ['row', { rowId: newId() }, /people\.email/],
  ];
  for (const [part, moved, message] of moves)
    it(`does not open a value moved to another ${part}`, () => {
      const sealed = sealValue(key, place, 'ada@example.org');
      assert.throws(() => openValue(key, { ...place, ...moved }, sealed), { code: 'undecipherable', message });
    });

  it('does not open a value under another key', () => {
    assert.throws(() => openValue(randomBytes(32), place, sealValue(key, place, 'x')), undecipherable);
  });

  it('opens no version that nobody has written, whatever else is right', () => {
    const sealed = sealValue(key, place, 'ada');
    for (let version = 0; version < 256; version += 1) {
      const said = Buffer.concat([Buffer.from([version]), sealed.subarray(1)]);
      if (version === 1) assert.equal(openValue(key, place, said), 'ada');
      else assert.throws(() => openValue(key, place, said), undecipherable, String(version));
    }
  });

  it('does not open a value with any bit changed, and none that was cut', () => {
    const sealed = sealValue(key, place, 'ada');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => openValue(key, place, changed), undecipherable);
      assert.throws(() => openValue(key, place, sealed.subarray(0, at)), undecipherable);
    }
  });
});

describe('platform/pii', () => {
  const [ada, bob] = [newId(), newId()];
  const columns = { email: 'email', phone: 'phone', display_name: 'name' } as const;
  const row = { table: 'people', tenantId: newId(), subjectId: ada, rowId: ada };

  it('seals the declared columns of a row, keeps null, leaves out what is absent', () => {
    const sealer = createSealer(new Map([[ada, { key }]]));
    const plain = { email: 'ada@example.org', phone: null, grade: '7' };
    const sealed = sealRow(sealer, columns, row, plain);
    assert.deepEqual(Object.keys(sealed), ['email', 'phone']);
    assert.ok(Buffer.isBuffer(sealed.email));
    assert.deepEqual(openRow(sealer, columns, row, sealed), { email: 'ada@example.org', phone: null });
  });

  it('knows whose key is gone, and neither seals nor opens for them', () => {
    const held = { key: Buffer.from(key) as Buffer | undefined };
    const sealer = createSealer(new Map([[ada, held]]));
    const sealed = sealer.seal(ada, place, 'x');
    assert.deepEqual([sealer.has(ada), sealer.has(bob)], [true, false]);
    held.key = undefined;
    assert.equal(sealer.has(ada), false);
    for (const subjectId of [ada, bob]) {
      assert.throws(() => sealer.open(subjectId, place, sealed), { code: 'key-destroyed', details: { subjectId } });
      assert.throws(() => sealer.seal(subjectId, place, 'x'), { code: 'key-destroyed' });
    }
  });
});
