import { z } from 'zod';
import { shownEntry } from '../../platform/audit-chain.ts';
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

export const presentAuditEntry = (entry: AuditEntry): z.input<typeof AuditEntryResource> => shownEntry(entry);
