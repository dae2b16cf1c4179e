import type { Keyring } from '../keyring.ts';
import type { Mail } from '../mail.ts';
import { isSuppressed } from './digests.ts';

/**
 * Sends a school's mails, but none to an address of somebody who was erased there: that counts as refused, like an address that is none.
 * Its digest alone is known, so nobody can list such addresses.
 */
export const heedingErasures = (keyring: Pick<Keyring, 'blindIndex'>, tenantId: string, mail: Pick<Mail, 'send'>): Pick<Mail, 'send'> => ({
  send: async (outgoing) => ((await isSuppressed(keyring, tenantId, outgoing.to.email)) ? { refused: true } : mail.send(outgoing)),
});
