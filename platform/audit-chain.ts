import { createHash } from 'node:crypto';
import type { CertifiedAuditEntry } from '../domain/privacy/certificate.ts';
import type { AuditEntry } from './models/audit-entry.ts';

export type AuditRow = Pick<AuditEntry, keyof AuditEntry>;

const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null;

/** An entry as it is shown outside the database: hashes and digests in hexadecimal. */
export const shownEntry = (row: AuditRow): CertifiedAuditEntry => ({
  seq: row.seq,
  id: row.id,
  at: row.at.toISOString(),
  actorId: row.actor_id,
  onBehalfOf: row.on_behalf_of,
  action: row.action,
  objectType: row.object_type,
  objectId: row.object_id,
  requestId: row.request_id,
  runId: row.run_id,
  beforeDigest: hex(row.before_digest),
  afterDigest: hex(row.after_digest),
  previousHash: row.previous_hash.toString('hex'),
  hash: row.hash.toString('hex'),
});

/**
 * The hash that links an entry to the one before it, as the database's own trigger computes it: SHA-256 of the bytes of the previous hash
 * and, joined by `|`, tenant, number, id, time, actor, on behalf of, action, type, object, request, run and both digests; null is empty.
 */
export function linkHash(tenantId: string, entry: Omit<CertifiedAuditEntry, 'hash' | 'previousHash'>, previousHash: string): string {
  const { seq, id, at, actorId, onBehalfOf, action, objectType, objectId, requestId, runId, beforeDigest, afterDigest } = entry;
  const subject = [actorId, onBehalfOf, action, objectType, objectId, requestId, runId, beforeDigest, afterDigest];
  const text = [tenantId, seq, id, at, ...subject.map((field) => field ?? '')].join('|');
  return createHash('sha256').update(previousHash, 'hex').update(text).digest('hex');
}
