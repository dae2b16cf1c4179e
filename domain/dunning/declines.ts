/**
 * The four ways a payment fails, and what may be done about each:
 * outage: nobody decided; try again within hours. soft: the bank said no today; try again in days.
 * hard: the bank will never say yes to this card as it is; only another payment method helps. authentication: only its holder can let it through.
 */
export const tracks = ['outage', 'soft', 'hard', 'authentication'] as const;
export type Track = (typeof tracks)[number];

/** What the customer must do before the card may be charged again; absent when time alone may help. */
export type Need = 'another-card' | 'new-details' | 'authentication';

export interface Decline {
  readonly track: Track;
  readonly needs?: Need;
  /** For staff: completes "The bank answered: ...". */
  readonly words: string;
  /** A suspicion of the bank: the customer hears only that the card was declined. */
  readonly secret?: true;
  /** Hours in which another attempt is pointless or forbidden. */
  readonly waitHours?: number;
}

const outage = (words: string): Decline => ({ track: 'outage', words });
const soft = (words: string): Decline => ({ track: 'soft', words });
const dead = (words: string): Decline => ({ track: 'hard', needs: 'another-card', words });
const suspect = (words: string): Decline => ({ track: 'hard', needs: 'another-card', words, secret: true });
const wrong = (words: string): Decline => ({ track: 'hard', needs: 'new-details', words });
const authenticate = (words: string): Decline => ({ track: 'authentication', needs: 'authentication', words });

/**
 * Stripe's decline codes (docs.stripe.com/declines/codes: 50 for cards, then those of other payment methods), and the few error codes
 * and outcome reasons that come in their place. The nine codes that Stripe itself never retries are hard or authentication here.
 */
export const declines: Readonly<Record<string, Decline>> = {
  authentication_required: authenticate('the card holder must authenticate'),
  authentication_not_handled: authenticate('the card holder must authenticate'),
  mobile_device_authentication_required: authenticate('the card holder must authenticate'),

  processing_error: outage('an error while processing the card'),
  issuer_not_available: outage('the bank could not be reached'),
  reenter_transaction: outage('the bank could not process it'),
  try_again_later: outage('the bank asks to try again later'),

  approve_with_id: soft('the payment cannot be authorised'),
  call_issuer: soft('declined, reason unknown'),
  card_declined: soft('declined, reason unknown'),
  card_decline_rate_limit_exceeded: { ...soft('declined too often today'), waitHours: 24 },
  card_velocity_exceeded: soft('over the balance or a limit of the card'),
  do_not_honor: soft('declined, reason unknown'),
  duplicate_transaction: soft('the same payment was made shortly before'),
  generic_decline: soft('declined, reason unknown'),
  insufficient_funds: soft('insufficient funds'),
  invalid_amount: soft('the amount is over what the card allows'),
  no_action_taken: soft('declined, reason unknown'),
  security_violation: soft('declined, reason unknown'),
  withdrawal_count_limit_exceeded: soft('over a limit of the card'),

  expired_card: wrong('the card has expired'),
  incorrect_address: wrong('the address is wrong'),
  incorrect_cvc: wrong('the security code is wrong'),
  incorrect_zip: wrong('the postal code is wrong'),
  invalid_cvc: wrong('the security code is wrong'),
  invalid_expiry_month: wrong('the expiry date is wrong'),
  invalid_expiry_year: wrong('the expiry date is wrong'),
  new_account_information_available: wrong('the card was replaced: its new details are needed'),

  card_not_supported: dead('the card does not allow such payments'),
  currency_not_supported: dead('the card does not support the currency'),
  do_not_try_again: dead('the bank asks not to try again'),
  incorrect_number: dead('the card number is wrong'),
  incorrect_pin: dead('a PIN is needed'),
  invalid_account: dead('the card or its account is invalid'),
  invalid_number: dead('the card number is wrong'),
  invalid_pin: dead('a PIN is needed'),
  not_permitted: dead('the payment is not permitted'),
  offline_pin_required: dead('a PIN is needed'),
  online_or_offline_pin_required: dead('a PIN is needed'),
  pin_try_exceeded: dead('too many wrong PINs'),
  revocation_of_all_authorizations: dead('the customer stopped all payments to us'),
  revocation_of_authorization: dead('the customer stopped this payment'),
  service_not_allowed: dead('the card does not allow such payments'),
  stop_payment_order: dead('the customer stopped this payment'),
  testmode_decline: dead('a test card was used'),
  transaction_not_allowed: dead('the card does not allow this payment'),

  fraudulent: suspect('suspected fraud'),
  highest_risk_level: suspect('blocked as too risky'),
  lost_card: suspect('the card is reported lost'),
  merchant_blacklist: suspect('the card is on our own block list'),
  pickup_card: suspect('the bank withdraws the card'),
  restricted_card: suspect('the card is restricted'),
  stolen_card: suspect('the card is reported stolen'),

  partner_generic_decline: soft('the payment provider declined'),
  partner_payment_not_found: soft('the payment provider cannot find the payment'),
  payment_limit_exceeded: soft("over a limit of the customer's account"),
  expired_payment_information: wrong('the payment details have expired'),
  invalid_customer_account: wrong("the customer's account cannot be charged"),
  invalid_payment_information: wrong('the payment details are wrong'),
  compliance_violation: dead('the payment is against the rules of the provider'),
  invalid_authorization: dead('the authorisation was revoked'),
  invalid_billing_agreement: dead('the billing agreement is invalid'),
  invalid_business_account: dead('our account with the payment provider is deactivated'),
  payment_disputed: dead('the payment is disputed'),
  partner_high_risk_customer: suspect('the payment provider sees a high risk'),
};

/** Visa's response codes that forbid another attempt (category 1), and those that need the data put right first (category 3). */
const visaNever: ReadonlySet<string> = new Set(['04', '07', '12', '14', '15', '41', '43', '46', '57', 'R0', 'R1', 'R3']);
const visaFixFirst: ReadonlySet<string> = new Set(['54', '55', '82', '6P', 'N7']);
/** Mastercard's merchant advice codes that forbid another attempt, and those that name the hours to wait. */
const mastercardNever: ReadonlySet<string> = new Set(['03', '21']);
const mastercardWaitHours: Readonly<Record<string, number>> = {
  '02': 72,
  '24': 1,
  '25': 24,
  '26': 48,
  '27': 96,
  '28': 144,
  '29': 192,
  '30': 240,
};

/** What the bank, the network and Stripe said of a failed attempt. */
export interface DeclineFacts {
  readonly brand: string;
  /** Stripe's `decline_code`, or `code` where it has none. */
  readonly declineCode?: string | undefined;
  readonly adviceCode?: string | undefined;
  readonly networkDeclineCode?: string | undefined;
  readonly networkAdviceCode?: string | undefined;
}

const unknown = soft('declined, reason unknown');
const never = dead('the network forbids another attempt with this card');
const fixFirst = wrong('the card details must be put right first');
const forbidden = dead('the bank asks not to try again');
const confirm = wrong('the bank asks to check the card details');
const weights: Readonly<Record<Need, number>> = { authentication: 1, 'new-details': 2, 'another-card': 3 };
const weightOf = ({ needs }: Decline): number => (needs ? weights[needs] : 0);

function adviceOf({ brand, adviceCode, networkDeclineCode = '', networkAdviceCode = '' }: DeclineFacts): Decline | undefined {
  if (adviceCode === 'do_not_try_again') return forbidden;
  if (brand === 'visa' && visaNever.has(networkDeclineCode)) return never;
  if (brand === 'mastercard' && mastercardNever.has(networkAdviceCode)) return never;
  if (adviceCode === 'confirm_card_data') return confirm;
  if (brand === 'visa' && visaFixFirst.has(networkDeclineCode)) return fixFirst;
  if (brand === 'mastercard' && networkAdviceCode === '01') return fixFirst;
  return undefined;
}

/**
 * What a decline means. Advice only ever makes it stricter: `try_again_later` does not revive a stolen card. A code nobody knows is
 * soft: it is retried, in days and within the caps.
 */
export function declineOf(facts: DeclineFacts): Decline {
  const stated = declines[facts.declineCode ?? ''] ?? unknown;
  if (!facts.adviceCode && !facts.networkDeclineCode && !facts.networkAdviceCode) return stated;
  const advice = adviceOf(facts);
  const strictest = advice && weightOf(advice) > weightOf(stated) ? advice : stated;
  const wait = facts.brand === 'mastercard' ? mastercardWaitHours[facts.networkAdviceCode ?? ''] : undefined;
  return wait === undefined ? strictest : { ...strictest, waitHours: Math.max(wait, strictest.waitHours ?? 0) };
}

/** How a decline is told to the customer: never that a bank takes the card for stolen or the payment for fraud. */
export const wordsForCustomer = ({ words, secret }: Decline): string => (secret ? unknown.words : words);
