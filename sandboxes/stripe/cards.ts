import { declineOf } from './declines.ts';
import type { Decline } from './declines.ts';
import { toolboxCard } from './toolbox-cards.ts';

export interface TestCard {
  readonly brand: string;
  readonly last4: string;
  readonly funding?: 'credit' | 'debit' | 'prepaid';
  /** The card cannot even be attached. */
  readonly refusesAttach?: Decline;
  /** Attaching works, charges fail: all, or as many as `refusals` says. */
  readonly refusesCharge?: Decline;
  readonly refusals?: number;
  /** Its holder must authenticate: for every payment, or until it was set up for payments without them. */
  readonly authenticates?: 'always' | 'until-set-up';
  readonly risk?: 'elevated' | 'highest';
  /** What becomes of a refund; default: it succeeds at once. */
  readonly refund?: 'pending' | 'fails';
  readonly dispute?: 'fraudulent' | 'product_not_received';
  /** A dispute that is only a question of the bank's. */
  readonly inquiry?: boolean;
}

const visa = (last4: string, more: Partial<TestCard> = {}): TestCard => ({ brand: 'visa', last4, ...more });
const declined = (declineCode: string): Decline => declineOf(declineCode) ?? unknownCode(declineCode);
/** Stripe's own test cards give the code alone where it says all. */
function coded(declineCode: string): Decline {
  const { decline_code: _, ...decline } = declined(declineCode);
  return decline;
}
function unknownCode(code: string): never {
  throw new Error(`Stripe has no decline code ${code}.`);
}
const never = (last4: string, refusesAttach: Decline): TestCard => visa(last4, { refusesAttach });
const insufficient = declined('insufficient_funds');

/** Stripe's test payment methods, by the id a test gives. */
const stripeCards: ReadonlyMap<string, TestCard> = new Map<string, TestCard>([
  ['pm_card_visa', visa('4242')],
  ['pm_card_visa_debit', visa('5556', { funding: 'debit' })],
  ['pm_card_mastercard', { brand: 'mastercard', last4: '4444' }],
  ['pm_card_mastercard_debit', { brand: 'mastercard', last4: '3222', funding: 'debit' }],
  ['pm_card_mastercard_prepaid', { brand: 'mastercard', last4: '5100', funding: 'prepaid' }],
  ['pm_card_amex', { brand: 'amex', last4: '8431' }],
  ['pm_card_discover', { brand: 'discover', last4: '9424' }],
  ['pm_card_diners', { brand: 'diners', last4: '0004' }],
  ['pm_card_jcb', { brand: 'jcb', last4: '0505' }],
  ['pm_card_unionpay', { brand: 'unionpay', last4: '0005' }],
  ['pm_card_chargeCustomerFail', visa('0341', { refusesCharge: declined('generic_decline') })],
  ['pm_card_chargeDeclined', never('0002', declined('generic_decline'))],
  ['pm_card_visa_chargeDeclined', never('0002', declined('generic_decline'))],
  ['pm_card_chargeDeclinedInsufficientFunds', never('9995', insufficient)],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', never('9995', insufficient)],
  ['pm_card_visa_chargeDeclinedLostCard', never('9987', declined('lost_card'))],
  ['pm_card_visa_chargeDeclinedStolenCard', never('9979', declined('stolen_card'))],
  ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', never('6975', declined('card_velocity_exceeded'))],
  ['pm_card_chargeDeclinedFraudulent', never('0019', declined('fraudulent'))],
  ['pm_card_chargeDeclinedExpiredCard', never('0069', coded('expired_card'))],
  ['pm_card_chargeDeclinedIncorrectCvc', never('0127', coded('incorrect_cvc'))],
  ['pm_card_chargeDeclinedProcessingError', never('0119', coded('processing_error'))],
  ['pm_card_radarBlock', visa('0019', { refusesCharge: { ...declined('fraudulent'), blockedBy: 'rule' }, risk: 'highest' })],
  [
    'pm_card_riskLevelHighest',
    visa('4954', { refusesCharge: { ...declined('highest_risk_level'), blockedBy: 'highest_risk_level' }, risk: 'highest' }),
  ],
  ['pm_card_riskLevelElevated', visa('9235', { risk: 'elevated' })],
  ['pm_card_authenticationRequired', visa('3184', { authenticates: 'always' })],
  ['pm_card_authenticationRequiredOnSetup', visa('3155', { authenticates: 'until-set-up' })],
  ['pm_card_authenticationRequiredSetupForOffSession', visa('3155')],
  ['pm_card_authenticationRequiredChargeDeclinedInsufficientFunds', visa('8260', { authenticates: 'always', refusesCharge: insufficient })],
  ['pm_card_createDispute', visa('0259', { dispute: 'fraudulent' })],
  ['pm_card_createDisputeProductNotReceived', visa('2685', { dispute: 'product_not_received' })],
  ['pm_card_createDisputeInquiry', visa('1976', { dispute: 'fraudulent', inquiry: true })],
  ['pm_card_pendingRefund', visa('7726', { refund: 'pending' })],
  ['pm_card_refundFail', visa('5126', { refund: 'fails' })],
  ['pm_card_bypassPending', visa('0077')],
]);

/** The card a test payment method stands for: one of Stripe's, or one of ours. */
export const testCard = (alias: string): TestCard | undefined => stripeCards.get(alias) ?? toolboxCard(alias);
