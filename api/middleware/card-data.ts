import { holdsCardNumber } from '../../domain/card-number.ts';
import { CardDataRefusedError } from '../../domain/billing-errors.ts';

/**
 * Refuses a request with a card number anywhere in it: cards are entered on Stripe's pages, so that no card ever touches the platform (PCI
 * DSS, SAQ A). Uploads are streamed and not looked at: they are sealed as they come, and a roster's own columns are all that is read.
 * @param parts texts, numbers, and objects of them, already known to be of bearable depth
 */
export function refuseCardData(...parts: readonly unknown[]): void {
  const open: unknown[] = [...parts];
  while (open.length > 0) {
    const part = open.pop();
    if (isCardNumber(part)) throw new CardDataRefusedError();
    if (typeof part !== 'object' || part === null) continue;
    for (const [key, value] of Object.entries(part)) open.push(key, value);
  }
}

const isCardNumber = (part: unknown): boolean => (typeof part === 'string' || typeof part === 'number') && holdsCardNumber(String(part));
