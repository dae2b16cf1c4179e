import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type {
  CertificateContent,
  CertificateDocument,
  CertificateStatement,
  CertifiedAuditEntry,
} from '../../domain/privacy/certificate.ts';
import { linkHash } from '../../platform/audit-chain.ts';
import { newId } from '../../platform/ids.ts';
import { type CertificateKeySet, signContent } from '../../platform/privacy/certificate-signature.ts';

/** A statement that holds: a person in three places, one of them a vendor's. `at` is when the request came. */
export function statement(at = Date.parse('2026-11-01T09:00:00.000Z')): CertificateStatement {
  const after = (minutes: number): string => new Date(at + minutes * 60_000).toISOString();
  return {
    subjectId: newId(),
    law: 'gdpr',
    receivedAt: after(0),
    completedAt: after(30),
    places: [
      {
        place: 'postgres-main',
        controlledBy: 'platform',
        before: { people: 1, enrollments: 3, memberships: 1 },
        receipts: [{ at: after(10), erased: { people: 1, enrollments: 3, memberships: 1 }, references: [] }],
        residual: { people: 0, enrollments: 0, memberships: 0 },
        retained: [],
      },
      {
        place: 'stripe',
        controlledBy: 'vendor',
        before: { customers: 1, invoices: 4 },
        receipts: [{ at: after(12), erased: { customers: 1 }, references: ['cus_NffrFeUfNV2Hib', newId()] }],
        residual: { customers: 0, invoices: 0 },
        retained: [{ what: 'invoices', count: 4, basis: 'tax-records' }],
      },
      { place: 'redis', controlledBy: 'platform', before: { sessions: 0 }, receipts: [], residual: { sessions: 0 }, retained: [] },
    ],
    checks: [
      { check: 'residual-zero', at: after(29), count: 3, passed: true },
      { check: 'no-ciphertext-opens', at: after(29), count: 5, passed: true },
    ],
    keyDestruction: { outcome: 'destroyed', at: after(20), rounds: 3, bytesSearched: 48_234_496, found: 0 },
    keyringBackups: [{ backup: '20261101-030000F', expiresAt: after(7 * 24 * 60), gone: false }],
    tombstones: [{ place: 'stripe', reference: newId(), until: after(30 * 24 * 60), gone: false }],
  };
}

/** The same once all that was awaited is gone. */
export function finalStatement(): CertificateStatement {
  const first = statement();
  const gone = { gone: true } as const;
  return {
    ...first,
    completedAt: new Date(Date.parse(first.receivedAt) + 31 * 24 * 3_600_000).toISOString(),
    keyringBackups: first.keyringBackups.map((backup) => ({ ...backup, ...gone })),
    tombstones: first.tombstones.map((tombstone) => ({ ...tombstone, ...gone })),
  };
}

/** Entries of a log that link, about one request. */
export function chainOf(tenantId: string, requestId: string, count: number): CertifiedAuditEntry[] {
  const entries: CertifiedAuditEntry[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const previousHash = entries.at(-1)?.hash ?? '';
    const nobody = { actorId: null, onBehalfOf: null, requestId: null, runId: null, beforeDigest: null, afterDigest: null };
    const at = new Date(Date.parse('2026-11-01T09:00:00.000Z') + seq * 1_000).toISOString();
    const entry = { ...nobody, seq, id: newId(), at, action: 'privacy-request.step', objectType: 'privacy-request', objectId: requestId };
    entries.push({ ...entry, previousHash, hash: linkHash(tenantId, entry, previousHash) });
  }
  return entries;
}

export function contentOf(stated: CertificateStatement = statement(), kind: CertificateContent['kind'] = 'erasure'): CertificateContent {
  const [tenantId, requestId] = [newId(), newId()];
  const entries = chainOf(tenantId, requestId, 3);
  const last = entries.at(-1);
  return {
    format: 'toolbox-certificate',
    version: 1,
    id: newId(),
    kind,
    tenantId,
    requestId,
    issuedAt: stated.completedAt,
    ...stated,
    audit: { head: { seq: 3, hash: last?.hash ?? '' }, entries, left: 0 },
    software: { name: 'toolboxai', version: '0.1.0' },
  };
}

/** A key outside the vault, so that what no platform would sign can be signed: an attacker's, or a platform's that has a bug. */
export interface TestSigner {
  readonly keys: CertificateKeySet;
  sign(content: unknown): Promise<CertificateDocument>;
}
export function makeSigner(version = 1): TestSigner {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string };
  const vault = {
    signCertificate: async (input: string): Promise<string> => sign(null, Buffer.from(input), privateKey).toString('base64url'),
  };
  return {
    keys: { keys: [{ ...jwk, kid: `certificates-${version}` }] },
    sign: (content) => signContent(vault, content as CertificateContent, version),
  };
}
