import type { Knex } from 'knex';
import { inTenant } from '../database.ts';
import { isMailAddress, loginOf } from '../identity/password-reset.ts';
import type { Keyring } from '../keyring.ts';
import { Account } from '../models/account.ts';
import { Person } from '../models/person.ts';
import { openRow } from '../pii.ts';
import { endsWith, type Subject } from './subject.ts';

export interface TermDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
}
/** What a person can be searched by, in clear: never stored, logged or returned from an activity. Empty once the key is gone. */
export interface Terms {
  /** Addresses a mail may have been sent to. */
  readonly emails: readonly string[];
  readonly robloxUserId?: string;
  /** How they sign in, when the account ends with them. */
  readonly login?: string;
  /** Everything that is known of them. */
  readonly all: readonly string[];
}

/** Shorter ones are in every text: "Ann" says nothing of whom is meant. */
const shortestTerm = 5;
export const folded = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
/** What tells of the person in a text that is folded, too. */
export const telling = ({ all }: Terms): string[] => all.flatMap((term) => (term.length >= shortestTerm ? [folded(term)] : []));

/** Whether a text names the person. */
export const names = (terms: Terms, text: string): boolean => {
  const folding = folded(text);
  return telling(terms).some((term) => folding.includes(term));
};
/** Whether a value is one of theirs. */
export const isTheirs = ({ all }: Terms, value: string | null | undefined): boolean =>
  typeof value === 'string' && value !== '' && all.some((term) => folded(term) === folded(value));

export async function termsOf({ knex, keyring }: TermDeps, subject: Subject): Promise<Terms> {
  const { tenantId, personId: id, accountId } = subject;
  const person = await inTenant(knex, tenantId, async (trx) => Person.query(trx).findOne({ tenant_id: tenantId, id }));
  const sealer = await keyring.sealer(tenantId, [id]);
  const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
  const opened = person && sealer.has(id) ? openRow(sealer, Person.pii, place, person) : {};
  const account = accountId && (await endsWith(knex, subject)) ? await Account.query(knex).findById(accountId) : undefined;
  const login = account && (await loginOf(keyring, account));
  const all = [...Object.values(opened), login].filter((value): value is string => Boolean(value));
  return {
    all: [...new Set(all)],
    emails: [...new Set([opened.email, login].filter((value): value is string => Boolean(value) && isMailAddress(value ?? '')))],
    ...(opened.roblox_user_id ? { robloxUserId: opened.roblox_user_id } : {}),
    ...(login ? { login } : {}),
  };
}
