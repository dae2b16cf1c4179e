import assert from 'node:assert/strict';
import { decide } from '../../../domain/dunning/decide.ts';
import type { DunningAction } from '../../../domain/dunning/decision.ts';
import { declineOf, declines, type Track, wordsForCustomer } from '../../../domain/dunning/declines.ts';
import { defaultPolicy } from '../../../domain/dunning/policy.ts';
import { attempt, day, declined, failed, start, visa } from './support/histories.ts';

/** Stripe's list (docs.stripe.com/declines/codes), cards first: each code, its track, and whether the same card may be charged after its details changed. */
const table: Readonly<Record<Track | 'hard, until details change', string>> = {
  authentication: 'authentication_required authentication_not_handled mobile_device_authentication_required',
  outage: 'processing_error issuer_not_available reenter_transaction try_again_later',
  soft: `approve_with_id call_issuer card_velocity_exceeded do_not_honor duplicate_transaction generic_decline insufficient_funds invalid_amount
    no_action_taken security_violation withdrawal_count_limit_exceeded card_declined card_decline_rate_limit_exceeded
    partner_generic_decline partner_payment_not_found payment_limit_exceeded a_code_nobody_knows`,
  hard: `card_not_supported currency_not_supported do_not_try_again fraudulent incorrect_number incorrect_pin invalid_account invalid_number
    invalid_pin lost_card merchant_blacklist not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded
    restricted_card revocation_of_all_authorizations revocation_of_authorization service_not_allowed stolen_card stop_payment_order
    testmode_decline transaction_not_allowed highest_risk_level compliance_violation invalid_authorization invalid_billing_agreement
    invalid_business_account payment_disputed partner_high_risk_customer`,
  'hard, until details change': `expired_card incorrect_address incorrect_cvc incorrect_zip invalid_cvc invalid_expiry_month invalid_expiry_year
    new_account_information_available expired_payment_information invalid_customer_account invalid_payment_information`,
};
const rows = Object.entries(table).flatMap(([track, codes]) => codes.split(/\s+/).map((code) => [code, track] as const));
/** What is done at once for a track, and what about the card after four weeks without a word of the customer. */
const first = { authentication: 'ask for authentication', outage: 'wait for charge', soft: 'mail', hard: 'ask for payment-method' };

const inShort = (action: DunningAction): string => ('for' in action ? `${action.kind} for ${action.for}` : action.kind);

describe('domain/dunning/declines', () => {
  it('knows every code of the table, and the table every code', () => {
    assert.deepEqual(
      rows
        .map(([code]) => code)
        .filter((code) => code !== 'a_code_nobody_knows')
        .sort(),
      Object.keys(declines).sort(),
    );
  });

  for (const [code, track] of rows) {
    const name = track.split(',')[0] as Track;
    it(`takes ${code} as ${track} and begins with: ${first[name]}`, () => {
      const history = failed({ attempts: [declined(code)] });
      assert.equal(declineOf({ brand: 'visa', declineCode: code }).track, name);
      assert.equal(inShort(decide(defaultPolicy, history, undefined, start).action), first[name]);
      const renewed = { ...visa, since: start + day };
      const after = decide(defaultPolicy, { ...history, methods: [renewed] }, undefined, start + day);
      assert.equal(after.action.kind === 'charge', track !== 'hard');
    });
  }

  for (const [what, facts, track, needs] of [
    ['do_not_try_again advice', { declineCode: 'insufficient_funds', adviceCode: 'do_not_try_again' }, 'hard', 'another-card'],
    ['confirm_card_data advice', { declineCode: 'do_not_honor', adviceCode: 'confirm_card_data' }, 'hard', 'new-details'],
    ['try_again_later advice on a soft decline', { declineCode: 'generic_decline', adviceCode: 'try_again_later' }, 'soft', undefined],
    ['try_again_later advice on a stolen card', { declineCode: 'stolen_card', adviceCode: 'try_again_later' }, 'hard', 'another-card'],
    ['confirm_card_data advice on a lost card', { declineCode: 'lost_card', adviceCode: 'confirm_card_data' }, 'hard', 'another-card'],
    ['Visa 46, account closed', { declineCode: 'generic_decline', networkDeclineCode: '46' }, 'hard', 'another-card'],
    ['Visa R1, revoked', { declineCode: 'do_not_honor', networkDeclineCode: 'R1' }, 'hard', 'another-card'],
    ['Visa 54, expired', { declineCode: 'generic_decline', networkDeclineCode: '54' }, 'hard', 'new-details'],
    ['Visa 51, funds', { declineCode: 'insufficient_funds', networkDeclineCode: '51' }, 'soft', undefined],
    ['Mastercard advice 03', { brand: 'mastercard', declineCode: 'insufficient_funds', networkAdviceCode: '03' }, 'hard', 'another-card'],
    ['Mastercard advice 21', { brand: 'mastercard', declineCode: 'generic_decline', networkAdviceCode: '21' }, 'hard', 'another-card'],
    ['Mastercard advice 01', { brand: 'mastercard', declineCode: 'generic_decline', networkAdviceCode: '01' }, 'hard', 'new-details'],
    ['advice 03 of another network', { declineCode: 'insufficient_funds', networkAdviceCode: '03' }, 'soft', undefined],
    ['a Visa code on another network', { brand: 'amex', declineCode: 'generic_decline', networkDeclineCode: '46' }, 'soft', undefined],
  ] as const)
    it(`takes ${what} as ${track}${needs ? `, needing ${needs}` : ''}`, () => {
      const decline = declineOf({ brand: 'visa', ...facts });
      assert.deepEqual([decline.track, decline.needs], [track, needs]);
    });

  for (const [code, hours] of [
    ['24', 1],
    ['25', 24],
    ['26', 48],
    ['27', 96],
    ['28', 144],
    ['29', 192],
    ['30', 240],
  ] as const)
    it(`waits ${hours} hours at Mastercard's advice ${code}`, () => {
      assert.equal(declineOf({ brand: 'mastercard', declineCode: 'generic_decline', networkAdviceCode: code }).waitHours, hours);
    });

  it('never tells a customer that the bank takes the card for lost or the payment for fraud', () => {
    for (const code of [
      'lost_card',
      'stolen_card',
      'pickup_card',
      'fraudulent',
      'merchant_blacklist',
      'highest_risk_level',
      'restricted_card',
    ])
      assert.equal(wordsForCustomer(declineOf({ brand: 'visa', declineCode: code })), 'declined, reason unknown');
    assert.equal(wordsForCustomer(declineOf({ brand: 'visa', declineCode: 'expired_card' })), 'the card has expired');
  });

  it('retries an attempt that reached nobody, whatever codes came with it', () => {
    const history = failed({ attempts: [attempt({ at: start, outcome: 'unavailable', declineCode: 'stolen_card' })] });
    const { action } = decide(defaultPolicy, history, undefined, start);
    assert.deepEqual(action, { kind: 'wait', until: start + 3_600_000, for: 'charge' });
  });
});
