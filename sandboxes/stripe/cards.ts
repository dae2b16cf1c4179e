/** Why an issuer says no. */
export interface Decline {
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
}
export interface TestCard {
  readonly brand: string;
  readonly last4: string;
  /** The card cannot even be attached. */
  readonly refusesAttach?: Decline;
  /** Attaching works, every charge fails. */
  readonly refusesCharge?: Decline;
}

const declined = (decline_code: string, message = 'Your card was declined.'): Decline => ({ code: 'card_declined', decline_code, message });
const never = (last4: string, refusesAttach: Decline): TestCard => ({ brand: 'visa', last4, refusesAttach });

/** Stripe's test payment methods, by the id a test gives. */
export const testCards: ReadonlyMap<string, TestCard> = new Map<string, TestCard>([
  ['pm_card_visa', { brand: 'visa', last4: '4242' }],
  ['pm_card_visa_debit', { brand: 'visa', last4: '5556' }],
  ['pm_card_mastercard', { brand: 'mastercard', last4: '4444' }],
  ['pm_card_amex', { brand: 'amex', last4: '8431' }],
  ['pm_card_discover', { brand: 'discover', last4: '9424' }],
  ['pm_card_chargeCustomerFail', { brand: 'visa', last4: '0341', refusesCharge: declined('generic_decline') }],
  ['pm_card_chargeDeclined', never('0002', declined('generic_decline'))],
  ['pm_card_visa_chargeDeclined', never('0002', declined('generic_decline'))],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', never('9995', declined('insufficient_funds', 'Your card has insufficient funds.'))],
  ['pm_card_visa_chargeDeclinedLostCard', never('9987', declined('lost_card'))],
  ['pm_card_visa_chargeDeclinedStolenCard', never('9979', declined('stolen_card'))],
  ['pm_card_chargeDeclinedExpiredCard', never('0069', { code: 'expired_card', message: 'Your card has expired.' })],
  ['pm_card_chargeDeclinedIncorrectCvc', never('0127', { code: 'incorrect_cvc', message: "Your card's security code is incorrect." })],
  [
    'pm_card_chargeDeclinedProcessingError',
    never('0119', { code: 'processing_error', message: 'An error occurred while processing your card. Try again in a little bit.' }),
  ],
]);
