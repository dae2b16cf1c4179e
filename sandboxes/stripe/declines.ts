/** Why a charge is refused, as errors and charges tell it. */
export interface Decline {
  readonly code: string;
  readonly decline_code?: string;
  readonly message: string;
  readonly advice_code?: Advice;
  readonly network_decline_code?: string;
  /** Mastercard's merchant advice code. */
  readonly network_advice_code?: string;
  /** Stripe's own fraud rules refused it: the bank was not asked. */
  readonly blockedBy?: 'highest_risk_level' | 'rule';
}
export type Advice = 'confirm_card_data' | 'do_not_try_again' | 'try_again_later';

interface Known {
  readonly advice?: Advice;
  /** The network's response code. */
  readonly network?: string;
  readonly message?: string;
  /** The error's code where it is not `card_declined`. */
  readonly code?: string;
}

const later = (network?: string, more: Known = {}): Known => ({ advice: 'try_again_later', ...(network ? { network } : {}), ...more });
const never = (network?: string, more: Known = {}): Known => ({ advice: 'do_not_try_again', ...(network ? { network } : {}), ...more });
const confirm = (code: string, message: string, network = '14'): Known => ({ advice: 'confirm_card_data', code, message, network });

/** Stripe's decline codes, with the advice and the network's code that usually come with them. */
const known: Readonly<Record<string, Known>> = {
  approve_with_id: later('08'),
  authentication_not_handled: { network: '1A' },
  authentication_required: {
    code: 'authentication_required',
    message: 'Your card was declined. This transaction requires authentication.',
    network: '1A',
  },
  call_issuer: later('01'),
  card_decline_rate_limit_exceeded: later(undefined, { code: 'card_decline_rate_limit_exceeded' }),
  card_not_supported: never('57', { message: 'Your card is not supported.' }),
  card_velocity_exceeded: later('65', {
    message: 'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  }),
  currency_not_supported: never('57'),
  do_not_honor: later('05'),
  do_not_try_again: never('R0'),
  duplicate_transaction: later('94'),
  expired_card: confirm('expired_card', 'Your card has expired.', '54'),
  fraudulent: never('59'),
  generic_decline: later('05'),
  highest_risk_level: never(),
  incorrect_address: confirm('incorrect_address', "Your card's address is incorrect."),
  incorrect_cvc: confirm('incorrect_cvc', "Your card's security code is incorrect.", 'N7'),
  incorrect_number: confirm('incorrect_number', 'Your card number is incorrect.'),
  incorrect_pin: never('55'),
  incorrect_zip: confirm('incorrect_zip', "Your card's postal code is incorrect."),
  insufficient_funds: later('51', { message: 'Your card has insufficient funds.' }),
  invalid_account: never('14'),
  invalid_amount: later('13'),
  invalid_cvc: confirm('invalid_cvc', "Your card's security code is invalid.", 'N7'),
  invalid_expiry_month: confirm('invalid_expiry_month', "Your card's expiration month is invalid.", '54'),
  invalid_expiry_year: confirm('invalid_expiry_year', "Your card's expiration year is invalid.", '54'),
  invalid_number: confirm('incorrect_number', 'Your card number is incorrect.'),
  invalid_pin: never('55'),
  issuer_not_available: later('91'),
  lost_card: never('41'),
  merchant_blacklist: never(),
  mobile_device_authentication_required: { network: '1A' },
  new_account_information_available: { advice: 'confirm_card_data', network: '05' },
  no_action_taken: later('21'),
  not_permitted: never('57'),
  offline_pin_required: never('55'),
  online_or_offline_pin_required: never('55'),
  pickup_card: never('04'),
  pin_try_exceeded: never('75'),
  processing_error: later('96', {
    code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  }),
  reenter_transaction: later('19'),
  restricted_card: never('62'),
  revocation_of_all_authorizations: never('R1'),
  revocation_of_authorization: never('R1'),
  security_violation: later('63'),
  service_not_allowed: never('57'),
  stolen_card: never('43'),
  stop_payment_order: never('R0'),
  testmode_decline: never(),
  transaction_not_allowed: never('57'),
  try_again_later: later('91'),
  withdrawal_count_limit_exceeded: later('65'),
};

export const declineCodes: readonly string[] = Object.keys(known);

/** The refusal Stripe gives for a decline code; undefined for one it does not have. */
export function declineOf(declineCode: string): Decline | undefined {
  const { advice, network, code = 'card_declined', message = 'Your card was declined.' } = known[declineCode] ?? {};
  if (!Object.hasOwn(known, declineCode)) return undefined;
  return {
    code,
    decline_code: declineCode,
    message,
    ...(advice ? { advice_code: advice } : {}),
    ...(network ? { network_decline_code: network } : {}),
  };
}
