import { z } from 'zod';
import type { AuditEntry } from '../../platform/models/audit-entry.ts';

const digest = z.string().describe('SHA-256, hexadecimal').nullable();

export const AuditEntryResource = z
  .object({
    id: z.uuid(),
    seq: z.number().int().describe('Its place in the chain of the tenant, from 1, without gaps'),
    at: z.iso.datetime(),
    actorId: z.uuid().nullable(),
    onBehalfOf: z.uuid().nullable(),
    action: z.string(),
    objectType: z.string(),
    objectId: z.uuid().nullable(),
    requestId: z.uuid().nullable(),
    runId: z.uuid().nullable(),
    beforeDigest: digest,
    afterDigest: digest,
    previousHash: z.string().describe('Empty for the first entry'),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' });

const hex = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null;

export function presentAuditEntry({ id, seq, action, ...entry }: AuditEntry): z.input<typeof AuditEntryResource> {
  return {
    id,
    seq,
    action,
    at: entry.at.toISOString(),
    actorId: entry.actor_id,
    onBehalfOf: entry.on_behalf_of,
    objectType: entry.object_type,
    objectId: entry.object_id,
    requestId: entry.request_id,
    runId: entry.run_id,
    beforeDigest: hex(entry.before_digest),
    afterDigest: hex(entry.after_digest),
    previousHash: entry.previous_hash.toString('hex'),
    hash: entry.hash.toString('hex'),
  };
}
