import type { Clock } from '../support/clock.ts';
import { jsonBody, route } from '../support/http.ts';
import type { Route } from '../support/http.ts';
import type { Ledger } from '../support/ledger.ts';
import type { Collection, Store } from '../support/store.ts';
import { badRequest, notFound } from './failure.ts';

const lists = ['bounces', 'blocks', 'invalid_emails', 'spam_reports', 'unsubscribes'] as const;
export type SuppressionList = (typeof lists)[number];

interface Suppression {
  readonly list: SuppressionList;
  readonly email: string;
  readonly reason: string;
  readonly created: number;
}

/** Why a suppressed recipient is dropped. A block is temporary: it does not suppress. */
const dropReasons: Partial<Record<SuppressionList, string>> = {
  bounces: 'Bounced Address',
  invalid_emails: 'Invalid',
  spam_reports: 'Spam Reporting Address',
  unsubscribes: 'Unsubscribed Address',
};

export interface Suppressions {
  add(list: SuppressionList, email: string, reason: string): void;
  remove(list: SuppressionList, email: string): boolean;
  of(list: SuppressionList): readonly Suppression[];
  reasonFor(email: string): string | undefined;
  /** Erases an address from every list. */
  forget(email: string): void;
}

const idOf = (list: SuppressionList, email: string) => `${list}:${email.toLowerCase()}`;

export function createSuppressions(store: Store, clock: Clock): Suppressions {
  const rows: Collection<Suppression> = store.collection('suppressions');
  return {
    add: (list, email, reason) => rows.put(idOf(list, email), { list, email, reason, created: clock.now() }),
    remove(list, email) {
      const known = rows.get(idOf(list, email)) !== undefined;
      if (known) rows.delete(idOf(list, email));
      return known;
    },
    of: (list) => rows.values().filter((row) => row.list === list),
    reasonFor: (email) =>
      lists.map((list) => (rows.get(idOf(list, email)) ? dropReasons[list] : undefined)).find((reason) => reason !== undefined),
    forget: (email) => {
      for (const list of lists) if (rows.get(idOf(list, email))) rows.delete(idOf(list, email));
    },
  };
}

const shown = ({ list, email, reason, created }: Suppression) => {
  if (list === 'unsubscribes') return { created, email };
  if (list === 'spam_reports') return { created, email, ip: '127.0.0.1' };
  return list === 'invalid_emails' ? { created, email, reason } : { created, email, reason, status: '5.1.1' };
};

/** Global unsubscribes are one list behind two addresses of the API. */
export function suppressionRoutes(suppressions: Suppressions, ledger: Ledger): Route[] {
  return [...lists.flatMap((list) => listRoutes(list, suppressions, ledger)), ...globalRoutes(suppressions, ledger)];
}

function listRoutes(list: SuppressionList, suppressions: Suppressions, ledger: Ledger): Route[] {
  const path = `/v3/suppression/${list}`;
  const all: Route = route(`GET ${path}`, ({ query }) => {
    const [from, to] = [Number(query.get('start_time') ?? 0), Number(query.get('end_time') ?? Number.MAX_SAFE_INTEGER)];
    const email = query.get('email');
    const offset = Number(query.get('offset') ?? 0);
    const rows = suppressions.of(list).filter((row) => row.created >= from && row.created <= to && (email === null || row.email === email));
    return { status: 200, body: rows.slice(offset, offset + Number(query.get('limit') ?? 500)).map(shown) };
  });
  if (list === 'unsubscribes') return [all];
  const remove = (emails: readonly string[]) => {
    const gone = emails.filter((email) => suppressions.remove(list, email));
    if (gone.length > 0) ledger.record({ operation: `DELETE ${path}`, businessKey: null, body: { emails: gone }, id: list });
  };
  return [
    all,
    route(`DELETE ${path}`, (request) => {
      const { delete_all, emails } = jsonBody(request) as { delete_all?: boolean; emails?: string[] };
      if ((delete_all === true) === (emails !== undefined)) throw badRequest('You can delete all, or name emails, not both.');
      remove(emails ?? suppressions.of(list).map(({ email }) => email));
      return { status: 204 };
    }),
    route(`GET ${path}/{email}`, (_, { email }) => ({
      status: 200,
      body: suppressions
        .of(list)
        .filter((row) => row.email === email)
        .map(shown),
    })),
    route(`DELETE ${path}/{email}`, (_, { email = '' }) => {
      if (!suppressions.of(list).some((row) => row.email === email)) throw notFound();
      remove([email]);
      return { status: 204 };
    }),
  ];
}

function globalRoutes(suppressions: Suppressions, ledger: Ledger): Route[] {
  const path = '/v3/asm/suppressions/global';
  return [
    route(`POST ${path}`, (request) => {
      const { recipient_emails } = jsonBody(request) as { recipient_emails?: string[] };
      if (!Array.isArray(recipient_emails)) throw badRequest('recipient_emails is required', 'recipient_emails');
      for (const email of recipient_emails) suppressions.add('unsubscribes', email, 'unsubscribed');
      ledger.record({ operation: `POST ${path}`, businessKey: null, body: { recipient_emails }, id: 'unsubscribes' });
      return { status: 201, body: { recipient_emails } };
    }),
    route(`GET ${path}/{email}`, (_, { email }) => {
      const found = suppressions.of('unsubscribes').find((row) => row.email === email);
      return { status: 200, body: found ? { recipient_email: found.email } : {} };
    }),
    route(`DELETE ${path}/{email}`, (_, { email = '' }) => {
      if (!suppressions.remove('unsubscribes', email)) throw notFound();
      ledger.record({ operation: `DELETE ${path}/{email}`, businessKey: null, body: { email }, id: 'unsubscribes' });
      return { status: 204 };
    }),
  ];
}

/** `POST /_sandbox/suppressions {list, email, reason}`: a recipient's bounce, block or complaint, as if it had happened. */
export const suppressionControl = (store: Store, suppressions: Suppressions): Route =>
  route('POST /_sandbox/suppressions', (request) => {
    const { list, email, reason = 'Set by hand' } = jsonBody(request) as { list: SuppressionList; email: string; reason?: string };
    if (!lists.includes(list)) return { status: 400, body: { error: `list is one of ${lists.join(', ')}` } };
    store.transaction(() => suppressions.add(list, email, reason));
    return { status: 204 };
  });
