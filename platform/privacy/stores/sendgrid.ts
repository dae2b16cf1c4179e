import type { Knex } from 'knex';
import type { Keyring } from '../../keyring.ts';
import type { Mail } from '../../mail.ts';
import { type ErasableStore, noteRefs, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly mail: Pick<Mail, 'findRecipient' | 'hasMessage' | 'eraseRecipients'>;
}
interface Found {
  readonly emails: readonly string[];
  readonly messages: readonly string[];
  readonly suppressions: number;
}

/** What SendGrid knows of the person's addresses: mails it has sent, and lists of its own. Afterwards mails are looked for by their ids. */
export function sendgridStore({ knex, keyring, mail }: Deps): ErasableStore {
  async function find(subject: Subject): Promise<Found> {
    const { emails } = await termsOf({ knex, keyring }, subject);
    const messages = new Set<string>();
    for (const id of await refsOf(knex, subject, 'sendgrid')) if (await mail.hasMessage(id)) messages.add(id);
    let suppressions = 0;
    for (const email of emails) {
      const found = await mail.findRecipient(email);
      for (const id of found.messageIds) messages.add(id);
      suppressions += found.suppressions;
    }
    return { emails, messages: [...messages], suppressions };
  }
  const countsOf = ({ messages, suppressions }: Found) => ({ messages: messages.length, suppressions });

  return {
    place: 'sendgrid',
    count: async (subject) => countsOf(await find(subject)),
    async erase(subject, requestId) {
      const found = await find(subject);
      if (found.emails.length === 0) return { counts: countsOf(found) };
      if (found.messages.length > 0) await noteRefs(knex, subject, requestId, 'sendgrid', found.messages);
      await mail.eraseRecipients(found.emails);
      return { counts: countsOf(found) };
    },
  };
}
