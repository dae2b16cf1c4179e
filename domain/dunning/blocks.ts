import { type Decline, declineOf, type Need } from './declines.ts';
import type { Attempt, InvoiceHistory, PaymentMethod } from './history.ts';

/** Why a payment method may not be charged, whoever asks. */
export interface Block {
  readonly needs: Need;
  readonly words: string;
}

/** An attempt that reached nobody has no answer: its codes, if any, are not the bank's. */
export const verdictOf = (attempt: Attempt): Decline =>
  attempt.outcome === 'unavailable' ? { track: 'outage', words: 'the payment service could not be reached' } : declineOf(attempt);

/**
 * What a declined attempt forbids of a payment method for good: a dead card stays dead when it is added again; wrong details and missing
 * authentication are cured by whatever the customer did since.
 */
function blockBy(attempt: Attempt, method: PaymentMethod): Block | undefined {
  if (attempt.card !== method.card || attempt.outcome !== 'declined') return undefined;
  const { needs, words } = declineOf(attempt);
  if (!needs || (needs !== 'another-card' && attempt.at < method.since)) return undefined;
  return { needs, words };
}

/** The strongest reason not to charge it, of this invoice's attempts and of others with the same card. */
export function blockOf(history: InvoiceHistory, method: PaymentMethod): Block | undefined {
  let found: Block | undefined;
  for (const attempts of [history.attempts, history.elsewhere])
    for (const attempt of attempts) {
      const block = blockBy(attempt, method);
      if (block?.needs === 'another-card') return block;
      found = block ?? found;
    }
  return found;
}
