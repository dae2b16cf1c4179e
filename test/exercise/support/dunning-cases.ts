import { chance } from '../../../domain/dunning/simulation/chance.ts';

/** One failing subscription: its cards of the sandbox, the default first. */
export interface DunningCase {
  readonly cards: readonly string[];
}

const kinds = [
  { weight: 25, codes: ['insufficient_funds', 'generic_decline', 'do_not_honor', 'card_velocity_exceeded'], recovers: false },
  { weight: 35, codes: ['insufficient_funds', 'generic_decline', 'do_not_honor', 'call_issuer'], recovers: true },
  { weight: 15, codes: ['processing_error', 'issuer_not_available', 'try_again_later'], recovers: true },
  { weight: 5, codes: ['processing_error', 'issuer_not_available'], recovers: false },
  { weight: 12, codes: ['lost_card', 'expired_card', 'stolen_card', 'incorrect_cvc'], recovers: false },
  { weight: 8, codes: ['authentication_required'], recovers: false },
] as const;
const weights = kinds.reduce((sum, { weight }) => sum + weight, 0);
const withBackup = 0.15;
const mostRefusals = 4;
/** The questions put to chance, each a number of its own. */
const ask = { kind: 1, code: 2, refusals: 3, backup: 4, backupKind: 5 };

/** A case of the mix: the same seed and number give the same one. */
export function dunningCase(seed: number, number: number): DunningCase {
  const drawn = (question: number, below: number): number => Math.floor(chance(seed, number, question) * below);
  let left = drawn(ask.kind, weights);
  const kind = kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds[0];
  const code = kind.codes[drawn(ask.code, kind.codes.length)] ?? kind.codes[0];
  const first = `pm_card_toolbox_${code}${kind.recovers ? `_then_ok_${1 + drawn(ask.refusals, mostRefusals)}` : ''}`;
  const backup = drawn(ask.backupKind, 2) === 0 ? 'pm_card_visa' : 'pm_card_mastercard';
  return { cards: chance(seed, number, ask.backup) < withBackup ? [first, backup] : [first] };
}
