import type { Knex } from 'knex';
import { reachedBy } from '../../domain/privacy/plan.ts';
import { leftIn } from '../../domain/privacy/residual.ts';
import type { AwaitedTombstone, CertificateStatement, CertifiedPlace } from '../../domain/privacy/certificate.ts';
import { inTenant } from '../database.ts';
import { PrivacyReceipt, PrivacyRequest } from '../models/privacy-request.ts';
import { isReference } from './certificate-schema.ts';

export interface Stating {
  readonly tenantId: string;
  readonly requestId: string;
  /** RFC 3339. */
  readonly completedAt: string;
  readonly final: boolean;
  readonly backups: readonly { readonly backup: string; readonly expiresAt: string }[];
}
const exact = (time: Date | string | number): string => new Date(time).toISOString();
const shredOf = ({ shred }: PrivacyRequest): CertificateStatement['keyDestruction'] => {
  const number = (name: string): number => (typeof shred?.[name] === 'number' ? shred[name] : 0);
  const at = typeof shred?.['at'] === 'string' ? exact(shred['at']) : exact(0);
  const hadKey = shred?.['outcome'] !== 'never-made' && shred?.['outcome'] !== 'destroyed-before';
  const outcome = hadKey ? 'destroyed' : (shred['outcome'] as 'destroyed-before' | 'never-made');
  return { outcome, at, rounds: number('rounds'), bytesSearched: number('bytesSearched'), found: number('found') };
};

export type Tombstone = Omit<AwaitedTombstone, 'gone'>;
/** What vendors keep of what they have erased for a request. It is named by the request: their own names would say who it was. */
const tombstonesIn = (receipts: readonly PrivacyReceipt[]): Tombstone[] =>
  receipts.flatMap(({ place, request_id: reference, kept_until: until }) => (until ? [{ place, reference, until: exact(until) }] : []));

/** Until when vendors keep what they have erased for a request, a place each. */
export const tombstonesOf = (main: Knex, { tenantId, requestId }: Pick<Stating, 'tenantId' | 'requestId'>): Promise<Tombstone[]> =>
  inTenant(main, tenantId, async (trx) =>
    tombstonesIn(await PrivacyReceipt.query(trx).where({ tenant_id: tenantId, request_id: requestId }).orderBy('place')),
  );

/** All that the rows of a request say of its erasure, as a certificate states it. */
export async function stateErasure(main: Knex, asked: Stating): Promise<CertificateStatement> {
  const { tenantId, requestId, completedAt, final, backups } = asked;
  const { request, receipts } = await inTenant(main, tenantId, async (trx) => ({
    request: await PrivacyRequest.query(trx).findById([tenantId, requestId]).throwIfNotFound(),
    receipts: await PrivacyReceipt.query(trx).where({ tenant_id: tenantId, request_id: requestId }).whereNotNull('erased_at'),
  }));
  const residual = request.residual ?? {};
  const before = request.dry_run ?? {};
  const zeros = (place: string) => Object.fromEntries(Object.keys(residual[place] ?? {}).map((what) => [what, 0]));
  const places = Object.keys(residual).map((place): CertifiedPlace => {
    const own = receipts.filter((receipt) => receipt.place === place);
    return {
      place,
      controlledBy: reachedBy(place) === 'house' ? 'platform' : 'vendor',
      before: { ...zeros(place), ...before[place] },
      receipts: own.map(({ erased_at: at, counts, refs }) => ({
        at: exact(at ?? completedAt),
        erased: counts,
        references: refs.filter(isReference),
      })),
      residual: residual[place] ?? {},
      retained: [],
    };
  });
  const at = exact(completedAt);
  return {
    subjectId: request.subject_id,
    law: request.law === 'ccpa' ? 'cpra' : 'gdpr',
    receivedAt: exact(request.received_at),
    completedAt: at,
    places,
    checks: [{ check: 'searched-again', at, count: places.length, passed: leftIn(residual).length === 0 }],
    keyDestruction: shredOf(request),
    keyringBackups: backups.map(({ backup, expiresAt }) => ({ backup, expiresAt: exact(expiresAt), gone: final })),
    tombstones: tombstonesIn(receipts).map((tombstone) => ({ ...tombstone, gone: final })),
  };
}
