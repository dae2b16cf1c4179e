import {
  certificateClockSkewMs,
  type CertificateContent,
  type CertificateCounts,
  type CertificateKind,
  type CertificateStatement,
  type CertifiedPlace,
} from '../../domain/privacy/certificate.ts';
import { linkHash } from '../audit-chain.ts';

/** One thing that was checked, in plain words, and what was found wrong with it. */
export interface Finding {
  readonly check: string;
  readonly problems: readonly string[];
}
type Stated = CertificateStatement & { readonly kind: CertificateKind };

export const totalOf = (counts: CertificateCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Whether what is stated hangs together, whoever states it: asked before anything is signed, and of every certificate that is verified. */
export const checkStatement = (stated: Stated): Finding[] => [
  { check: 'Times are in order', problems: timesOutOfOrder(stated) },
  { check: 'Every place was searched again by the search it was found by', problems: stated.places.flatMap(searchedOtherwise) },
  { check: 'What was found was erased, by a receipt', problems: stated.places.flatMap(withoutReceipt) },
  { check: 'Nothing is left in any place', problems: leftOver(stated) },
  {
    check: 'Every check that was made held',
    problems: stated.checks.filter(({ passed }) => !passed).map(({ check }) => `${check} did not hold`),
  },
  { check: 'The key of the person is gone', problems: keyProblems(stated) },
  { check: 'Backups and vendors’ tombstones are awaited, or gone', problems: awaitedProblems(stated) },
];

function timesOutOfOrder({ receivedAt, completedAt, keyDestruction, places, checks }: Stated): string[] {
  const received = Date.parse(receivedAt) - certificateClockSkewMs;
  const completed = Date.parse(completedAt) + certificateClockSkewMs;
  const within = (what: string, at: string): string[] => {
    const time = Date.parse(at);
    if (Number.isNaN(time)) return [`${what}: there is no such day`];
    return time < received || time > completed ? [`${what} is not between the receipt of the request and its completion`] : [];
  };
  const since = keyDestruction.outcome === 'destroyed' ? within('the end of the key', keyDestruction.at) : [];
  return [
    ...(received > completed || Number.isNaN(received) || Number.isNaN(completed)
      ? ['the request was completed before it was received']
      : []),
    ...since,
    ...places.flatMap(({ place, receipts }) => receipts.flatMap(({ at }) => within(`a receipt of ${place}`, at))),
    ...checks.flatMap(({ check, at }) => within(`the check ${check}`, at)),
  ];
}

function searchedOtherwise({ place, before, residual }: CertifiedPlace): string[] {
  const [first, again] = [before, residual].map((counts) => Object.keys(counts).sort().join());
  return first === again ? [] : [`${place} was not searched for the same things before and after`];
}

const withoutReceipt = ({ place, before, receipts, retained }: CertifiedPlace): string[] =>
  totalOf(before) > 0 && receipts.length === 0 && retained.length === 0 ? [`${place} held something and gave no receipt`] : [];

function leftOver({ kind, places, tombstones }: Stated): string[] {
  const names = places.map(({ place }) => place);
  const twice = names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} is named twice`);
  const awaited = new Set(tombstones.filter(({ gone }) => !gone).map(({ place }) => place));
  const left = places
    .filter(({ residual }) => totalOf(residual) > 0)
    .filter(({ place, controlledBy }) => controlledBy === 'platform' || kind === 'erasure-final' || !awaited.has(place))
    .map(({ place, residual }) => `${place} still holds ${totalOf(residual)}`);
  return [...twice, ...left];
}

const keyProblems = ({ keyDestruction: { found, outcome, rounds } }: Stated): string[] => [
  ...(found > 0 ? [`${found} copies of the wrapped key were found in live files`] : []),
  ...(outcome === 'destroyed' && rounds === 0 ? ['the files it lay in were never rewritten'] : []),
];

function awaitedProblems({ kind, completedAt, keyringBackups, tombstones }: Stated): string[] {
  const all = [
    ...keyringBackups.map(({ backup, expiresAt, gone }) => ({ what: `the backup ${backup}`, until: expiresAt, gone })),
    ...tombstones.map(({ place, until, gone }) => ({ what: `a tombstone of ${place}`, until, gone })),
  ];
  const early = all.filter(({ gone, until }) => gone && Date.parse(until) > Date.parse(completedAt) + certificateClockSkewMs);
  const late = kind === 'erasure-final' ? all.filter(({ gone }) => !gone) : [];
  return [...late.map(({ what }) => `${what} is still there`), ...early.map(({ what }) => `${what} is said to be gone before its time`)];
}

/** The part of the audit log that a certificate carries: each entry recomputes, those next to each other link, none lies past the head. */
export function checkAuditPart({ tenantId, issuedAt, audit: { head, entries } }: CertificateContent): Finding {
  const problems = entries.flatMap((entry, at) => {
    const before = entries[at - 1];
    const wrong: string[] = [];
    if (linkHash(tenantId, entry, entry.previousHash) !== entry.hash)
      wrong.push(`entry ${entry.seq} does not have the hash it is listed with`);
    if ((entry.seq === 1) !== (entry.previousHash === '')) wrong.push(`entry ${entry.seq} does not stand where a chain begins`);
    if (before && entry.seq <= before.seq) wrong.push(`entry ${entry.seq} is out of order`);
    if (before && entry.seq === before.seq + 1 && entry.previousHash !== before.hash)
      wrong.push(`entry ${entry.seq} does not link to the one before it`);
    if (entry.seq > head.seq || (entry.seq === head.seq && entry.hash !== head.hash))
      wrong.push(`entry ${entry.seq} is not below the head`);
    if (Date.parse(entry.at) > Date.parse(issuedAt) + certificateClockSkewMs)
      wrong.push(`entry ${entry.seq} is younger than the certificate`);
    return wrong;
  });
  return { check: `${entries.length} entries of the audit log recompute, and link`, problems };
}

/** All that a certificate says, without its signature. */
export const checkContent = (content: CertificateContent): Finding[] => [
  ...checkStatement(content),
  {
    check: 'It was issued after what it certifies',
    problems: Date.parse(content.issuedAt) + certificateClockSkewMs < Date.parse(content.completedAt) ? ['it is older than that'] : [],
  },
  checkAuditPart(content),
];
