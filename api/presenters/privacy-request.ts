import { z } from 'zod';
import { laws } from '../../domain/privacy/deadline.ts';
import { requesters, requestStatuses } from '../../domain/privacy/request.ts';
import { reachedBy } from '../../domain/privacy/plan.ts';
import type { PrivacyHold, PrivacyReceipt, PrivacyRequest } from '../../platform/models/privacy-request.ts';

const time = z.iso.datetime().nullable();
const Counts = z.record(z.string(), z.number().int());
const summary = {
  id: z.uuid().describe('Also its run’s'),
  tenantId: z.uuid().describe('The school'),
  kind: z.enum(['erase', 'export', 'rectify', 'restrict']),
  personId: z.uuid(),
  law: z.enum(laws),
  requestedBy: z.enum(requesters),
  status: z.enum(requestStatuses),
  outcome: z.string().nullable().describe('How it ended, in a word'),
  receivedAt: z.iso.datetime(),
  dueAt: z.iso.datetime().describe('By the law'),
  escalatedAt: time,
  erasedAt: time,
  finalAt: time,
};
export const PrivacyRequestSummary = z.object(summary).meta({ id: 'PrivacyRequestSummary' });
export const PrivacyRequestResource = z
  .object({
    ...summary,
    enteredBy: z.uuid().describe('The account, or the platform itself'),
    verifiedHow: z.string().nullable(),
    verifiedBy: z.uuid().nullable(),
    evidenceId: z.uuid().nullable(),
    approvedBy: z.uuid().nullable(),
    confirmedBy: z.uuid().nullable(),
    eraseAfter: time.describe('End of the cooling-off'),
    finalAfter: time.describe('When the last backup that may hold the keys has expired, and vendors keep nothing of what they erased'),
    dryRun: z.record(z.string(), Counts).nullable().describe('What was found before, by place'),
    residual: z.record(z.string(), Counts).nullable().describe('What the last search afterwards found'),
    receipts: z.array(
      z.object({ place: z.string(), controlledBy: z.enum(['platform', 'vendor']), erasedAt: z.iso.datetime(), counts: Counts }),
    ),
    holds: z.array(
      z.object({
        id: z.uuid(),
        reason: z.string().nullable().describe('null when it was erased'),
        until: z.iso.datetime(),
        placedBy: z.uuid(),
        placedAt: z.iso.datetime(),
        releasedAt: time,
        releasedBy: z.uuid().nullable(),
      }),
    ),
    certificateIds: z.array(z.uuid()),
  })
  .meta({ id: 'PrivacyRequest' });

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export const presentRequestSummary = (row: PrivacyRequest): z.input<typeof PrivacyRequestSummary> => ({
  id: row.id,
  tenantId: row.tenant_id,
  kind: row.kind as z.input<typeof PrivacyRequestSummary>['kind'],
  personId: row.subject_id,
  law: row.law,
  requestedBy: row.requested_by,
  status: row.status,
  outcome: row.outcome,
  receivedAt: row.received_at.toISOString(),
  dueAt: row.due_at.toISOString(),
  escalatedAt: iso(row.escalated_at),
  erasedAt: iso(row.erased_at),
  finalAt: iso(row.final_at),
});

interface Whole {
  readonly receipts: readonly PrivacyReceipt[];
  readonly holds: readonly PrivacyHold[];
  readonly reasons: ReadonlyMap<string, string | null>;
}
export const presentRequest = (row: PrivacyRequest, { receipts, holds, reasons }: Whole): z.input<typeof PrivacyRequestResource> => ({
  ...presentRequestSummary(row),
  enteredBy: row.entered_by,
  verifiedHow: row.verified_how,
  verifiedBy: row.verified_by,
  evidenceId: row.evidence_id,
  approvedBy: row.approved_by,
  confirmedBy: row.confirmed_by,
  eraseAfter: iso(row.erase_after),
  finalAfter: iso(row.final_after),
  dryRun: row.dry_run,
  residual: row.residual,
  receipts: receipts.flatMap(({ place, counts, erased_at: at }) =>
    at
      ? [
          {
            place,
            counts,
            erasedAt: at.toISOString(),
            controlledBy: reachedBy(place) === 'house' ? ('platform' as const) : ('vendor' as const),
          },
        ]
      : [],
  ),
  holds: holds.map((hold) => ({
    id: hold.id,
    reason: reasons.get(hold.id) ?? null,
    until: hold.until.toISOString(),
    placedBy: hold.placed_by,
    placedAt: hold.placed_at.toISOString(),
    releasedAt: iso(hold.released_at),
    releasedBy: hold.released_by,
  })),
  certificateIds: [row.erased_certificate_id, row.final_certificate_id].filter((id) => id !== null),
});
