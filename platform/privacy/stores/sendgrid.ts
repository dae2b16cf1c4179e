import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Keyring } from '../../keyring.ts';
import type { Mail } from '../../mail.ts';
import { type ErasableStore, noteRefs, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly mail: Pick<Mail, 'findRecipient' | 'hasMessage'>;
  /** Asks SendGrid to forget addresses, once a key. */
  readonly eraseOnce: (tenantId: string, key: string, emails: readonly string[]) => Promise<unknown>;
}
interface Found {
  readonly emails: readonly string[];
  readonly messages: readonly string[];
  readonly suppressions: number;
}

/** Noted when a list of SendGrid's own names an address. */
const listed = 'suppressions';

/** What SendGrid knows of the person's addresses: mails it has sent, and lists of its own. Afterwards mails are looked for by their ids. */
export function sendgridStore({ knex, keyring, mail, eraseOnce }: Deps): ErasableStore {
  async function find(subject: Subject): Promise<Found> {
    const { emails } = await termsOf({ knex, keyring }, subject);
    const messages = new Set<string>();
    for (const id of await refsOf(knex, subject, 'sendgrid')) if (id !== listed && (await mail.hasMessage(id))) messages.add(id);
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
      const noted = await refsOf(knex, subject, 'sendgrid');
      const seen = [...found.messages, ...(found.suppressions > 0 ? [listed] : [])].sort();
      // Nothing is left of what was noted: the answer of an earlier attempt was lost, its effect was not.
      if (seen.length === 0 && noted.length > 0) return { counts: countsOf(found) };
      if (seen.length > 0) await noteRefs(knex, subject, requestId, 'sendgrid', seen);
      const what = createHash('sha256').update(seen.join()).digest('hex').slice(0, 16);
      await eraseOnce(subject.tenantId, `erase-recipient:${requestId}:${what}`, found.emails);
      return { counts: countsOf(found) };
    },
  };
}
