import { createHash } from 'node:crypto';
import type { TestCard } from './cards.ts';
import { declineCodes, declineOf } from './declines.ts';
import type { Advice } from './declines.ts';

const advices: readonly Advice[] = ['confirm_card_data', 'do_not_try_again', 'try_again_later'];
// The longest first: a code may begin another.
const anyOf = (words: readonly string[]) => words.toSorted((a, b) => b.length - a.length).join('|');
const pattern = new RegExp(
  `^pm_card_toolbox_(?<code>${anyOf(declineCodes)})(?:_advice_(?<advice>${anyOf(advices)}|none))?(?:_network_(?<network>\\w\\w))?(?:_mac_(?<mac>\\d\\d))?(?:_then_ok_(?<times>\\d{1,4}))?$`,
);

/**
 * Ours, not Stripe's, which has no card that can be attached and then declines with a given code:
 *
 *     pm_card_toolbox_<decline code>[_advice_<advice code>|_advice_none][_network_<code>][_mac_<code>][_then_ok_<n>]
 *
 * `pm_card_toolbox_insufficient_funds_then_ok_2` declines two charges and pays from the third on. `_advice_`, `_network_` and `_mac_`
 * put Stripe's advice code, the network's response code and the merchant advice code (a Mastercard) in the place of the usual ones.
 * Equal ids are the same card, with the same fingerprint, brand and last digits; the refusals of `_then_ok_` are counted for each
 * payment method attached of it.
 */
export function toolboxCard(alias: string): TestCard | undefined {
  const { code = '', advice, network, mac, times } = pattern.exec(alias)?.groups ?? {};
  const usual = declineOf(code);
  if (!usual) return undefined;
  const { advice_code: usualAdvice, ...decline } = usual;
  const said = advice === undefined ? usualAdvice : advices.find((one) => one === advice);
  return {
    brand: mac === undefined ? 'visa' : 'mastercard',
    last4: String(Number.parseInt(createHash('sha256').update(alias).digest('hex').slice(0, 8), 16) % 10_000).padStart(4, '0'),
    ...(code === 'authentication_required' ? { authenticates: 'always' as const } : {}),
    refusesCharge: {
      ...decline,
      ...(said ? { advice_code: said } : {}),
      ...(network === undefined ? {} : { network_decline_code: network }),
      ...(mac === undefined ? {} : { network_advice_code: mac }),
      ...(code === 'highest_risk_level' ? { blockedBy: 'highest_risk_level' as const } : {}),
    },
    ...(times === undefined ? {} : { refusals: Number(times) }),
  };
}
