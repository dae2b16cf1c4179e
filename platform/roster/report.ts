import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { BadRow } from '../../domain/roster/records.ts';
import { bucketOf } from '../../domain/tenant.ts';
import type { Storage } from '../storage.ts';
import type { Position } from './import-state.ts';

export const reportLimit = 10_000;

/** Where an import's report is, in the tenant's bucket. */
export const reportKeyOf = (importId: string): string => `roster-reports/${importId}.csv`;
const partsOf = (importId: string): string => `roster-reports/${importId}/`;
const padded = (value: number): string => String(value).padStart(12, '0');

export interface ReportDeps {
  readonly storage: Pick<Storage, 'put' | 'getStream' | 'list' | 'size' | 'remove'>;
  readonly tenantId: string;
  readonly importId: string;
}
export type Report = ReturnType<typeof createReport>;

/**
 * The rows an import refused: file, line, reason, and nothing of what stood in them. Each batch leaves its part before it is counted,
 * under a name that follows from its place, so a repeated batch replaces its own part.
 */
export function createReport({ storage, tenantId, importId }: ReportDeps) {
  const bucket = bucketOf(tenantId);
  const listParts = (): Promise<string[]> => storage.list(bucket, partsOf(importId));
  const removeParts = async (parts: readonly string[]): Promise<void> => {
    for (const key of parts) await storage.remove(bucket, key);
  };
  return {
    /** The report's first part, its header. A bucket's first object takes a store its time: begun early, nobody waits for it. */
    begin: (): Promise<unknown> =>
      storage.put(bucket, `${partsOf(importId)}0-header`, Buffer.from(stringify([['file', 'line', 'reason']]))),
    /** `told` rows are in the report already: past the limit rows are only counted. */
    async add(place: Position | 'sides', bad: readonly BadRow[], told: number): Promise<void> {
      const rows = bad.slice(0, Math.max(0, reportLimit - told)).map(({ file, line, reason }) => [file, line, reason]);
      const name = place === 'sides' ? '0-sides' : `1-${padded(place.section)}-${padded(place.row)}`;
      if (rows.length > 0) await storage.put(bucket, `${partsOf(importId)}${name}`, Buffer.from(stringify(rows)));
    },
    /** Joins the parts into one file and removes them. Safe to repeat. Answers its key. */
    async finish(badRows: number): Promise<string> {
      const parts = await listParts();
      const lines = async function* (): AsyncGenerator<Buffer> {
        for (const key of parts) for await (const piece of (await storage.getStream(bucket, key)) as AsyncIterable<Buffer>) yield piece;
        if (badRows > reportLimit) yield Buffer.from(stringify([['', '', `${badRows - reportLimit} more bad rows are not listed`]]));
      };
      // Made only when all parts are there, and before the first of them goes: a report that exists is whole.
      const finished = (await storage.size(bucket, reportKeyOf(importId))) !== undefined;
      if (!finished) await storage.put(bucket, reportKeyOf(importId), Readable.from(lines(), { objectMode: false }));
      await removeParts(parts);
      return reportKeyOf(importId);
    },
    /** Removes the report and its parts. Safe to repeat. */
    async remove(): Promise<void> {
      await removeParts(await listParts());
      await storage.remove(bucket, reportKeyOf(importId));
    },
  };
}
