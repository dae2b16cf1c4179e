import type {
  CertificateContent,
  CertificateCounts,
  CertificateKind,
  CertificateLaw,
  CertifiedPlace,
} from '../../domain/privacy/certificate.ts';
import { totalOf } from './certificate-facts.ts';

export const titleOf: Readonly<Record<CertificateKind, string>> = {
  erasure: 'Certificate of erasure',
  'erasure-final': 'Certificate of final erasure',
};
export const lawNames: Readonly<Record<CertificateLaw, string>> = {
  gdpr: 'GDPR (Regulation (EU) 2016/679)',
  'uk-gdpr': 'UK GDPR',
  cpra: 'CCPA as amended by CPRA (California)',
  coppa: 'COPPA (United States)',
  ferpa: 'FERPA (United States)',
  lgpd: 'LGPD (Brazil)',
};
export const summaryOf: Readonly<Record<CertificateKind, string>> = {
  erasure:
    'The personal data of the person named below by its id has been erased, and its key destroyed. Every place was searched again: nothing is left in what the platform controls. What is still awaited is listed.',
  'erasure-final':
    'The personal data of the person named below by its id has been erased, and its key destroyed. Backups that held the key and what vendors kept for a while are gone. Every place was searched once more: nothing is left.',
};

export const listed = (counts: CertificateCounts): string =>
  Object.entries(counts)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ') || 'nothing';

const utc = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;

/** The facts of the request, a line each. */
export const requestLines = (content: CertificateContent): (readonly [string, string])[] => [
  ['Certificate', content.id],
  ['Request', content.requestId],
  ['Person (id)', content.subjectId],
  ['School (id)', content.tenantId],
  ['Law', lawNames[content.law]],
  ['Received', utc(content.receivedAt)],
  ['Completed', utc(content.completedAt)],
  ['Issued', utc(content.issuedAt)],
  ['Issued by', `${content.software.name} ${content.software.version}`],
];

/** A place on one line: found, erased, left, kept. */
export function placeRow({ place, controlledBy, before, receipts, residual, retained }: CertifiedPlace): string[] {
  const erased = receipts.reduce((sum, receipt) => sum + totalOf(receipt.erased), 0);
  const kept = retained.map(({ what, count, basis }) => `${what} ${count} (${basis})`).join(', ');
  return [`${place} (${controlledBy})`, listed(before), `${erased}`, `${totalOf(residual)}`, kept || 'nothing'];
}

const keyWords = { destroyed: 'destroyed', 'destroyed-before': 'destroyed by an earlier request', 'never-made': 'there was none' } as const;

export const keyLine = ({ keyDestruction: { outcome, at, rounds, bytesSearched, found } }: CertificateContent): string =>
  outcome === 'never-made'
    ? 'There was no key of this person.'
    : `The person’s key was ${keyWords[outcome]} on ${utc(at)}, its files rewritten in ${rounds} rounds; ${bytesSearched} bytes of live files were searched for it and ${found} copies found.`;

export const checkLines = ({ checks }: CertificateContent): string[] =>
  checks.map(({ check, at, count, passed }) => `${check}: ${passed ? 'held' : 'did not hold'}, ${count} looked at, ${utc(at)}`);

export const awaitedLines = ({ keyringBackups, tombstones }: CertificateContent): string[] => [
  ...keyringBackups.map(({ backup, expiresAt, gone }) => `keyring backup ${backup}: ${gone ? 'gone' : 'kept'} until ${utc(expiresAt)}`),
  ...tombstones.map(
    ({ place, reference, until, gone }) => `${place} ${reference}: ${gone ? 'gone' : 'kept by the vendor'} until ${utc(until)}`,
  ),
];

export function auditLines({ audit: { head, entries, left } }: CertificateContent): string[] {
  const [first, last] = [entries[0], entries.at(-1)];
  const span = first && last ? `, numbers ${first.seq} to ${last.seq}` : '';
  return [
    `${entries.length} entries about this request${span}; ${left} more are not listed. Each carries what its hash is made of.`,
    `Head of the school’s log when this was issued: number ${head.seq}, hash ${head.hash || 'none'}`,
  ];
}
