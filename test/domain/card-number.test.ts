import assert from 'node:assert/strict';
import fc from 'fast-check';
import { holdsCardNumber } from '../../domain/card-number.ts';
import { newId } from '../../platform/ids.ts';

/** Numbers of the networks' own documents for tests. */
const cards = {
  visa: '4242424242424242',
  'visa of 13': '4222222222222',
  'visa of 19': '4000160000000000002',
  mastercard: '5555555555554444',
  'mastercard of the second range': '2223003122003222',
  amex: '378282246310005',
  discover: '6011111111111117',
  diners: '3056930009020004',
  'diners of 14': '36227206271667',
  jcb: '3566002020360505',
  unionpay: '6200000000000005',
  maestro: '6759649826438453',
};

describe('a card number', () => {
  for (const [network, number] of Object.entries(cards))
    it(`of ${network} is known, alone and within words`, () => {
      for (const text of [
        number,
        ` ${number}\n`,
        `my card is ${number}, until 12/28`,
        `{"pan":"${number}"}`,
        `{"pan":${number}}`,
        `(${number})`,
      ])
        assert.ok(holdsCardNumber(text), text);
    });

  it('is known as people write it, and with what follows on a card', () => {
    for (const text of [
      '4242 4242 4242 4242',
      '4242-4242-4242-4242',
      '3782 822463 10005',
      '4242 4242 4242 4242 12/28 123',
      '5555-5555-5555-4444 123',
    ])
      assert.ok(holdsCardNumber(text), text);
  });

  it('has the right check digit: with one digit changed it is none', () => {
    const changed = fc.record({ card: fc.constantFrom(...Object.values(cards)), at: fc.nat(12), by: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(changed, ({ card, at, by }) => {
        const place = at + 1 >= card.length ? 1 : at + 1;
        const other = card.slice(0, place) + ((Number(card[place]) + by) % 10) + card.slice(place + 1);
        return !holdsCardNumber(other);
      }),
    );
  });

  it('is none of what looks alike: ids, times, phones, amounts, digests', () => {
    for (const text of [
      newId(),
      '4242424242424242a',
      'in_4242424242424242',
      '+4242424242424242',
      '+49 4242 4242 4242',
      '0.4242424242424242',
      '42424242424242424242',
      '1764231234567',
      '1000000000000',
      '2026-11-27T15:04:05.000Z',
      '1234567812345678',
      '424242424242',
      '9999999999999995',
    ])
      assert.ok(!holdsCardNumber(text), text);
  });

  it('is never found in our own ids and times', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => !holdsCardNumber(id)),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (at) => !holdsCardNumber(at.toISOString())),
      { numRuns: 5_000 },
    );
  });
});
