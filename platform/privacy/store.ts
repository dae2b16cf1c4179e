import type { Knex } from 'knex';
import type { Counts } from '../../domain/privacy/residual.ts';
import { inTenant } from '../database.ts';
import { PrivacyReceipt } from '../models/privacy-request.ts';
import type { PlaceName } from './places.ts';
import type { Subject } from './subject.ts';

/** What a place answers when it is erased. `refs` are ids of ours or the vendor's by which it is looked at again; no personal data. */
export interface Receipt {
  readonly counts: Counts;
  readonly refs?: readonly string[];
  /** RFC 3339: until when the vendor keeps what it has erased. */
  readonly keptUntil?: string | undefined;
}

/** A place that holds a person's data, as erasing needs it. */
export interface ErasableStore {
  readonly place: PlaceName;
  /** What is there of the person: the dry run before, the residual after. The same search. */
  count(subject: Subject): Promise<Counts>;
  /** Safe to repeat: a person half erased, or erased before, ends the same. What cannot go yet stays, and is counted. */
  erase(subject: Subject, requestId: string): Promise<Receipt>;
}

/** What earlier erasures of the subject noted of a place. */
export const refsOf = (main: Knex, { tenantId, personId }: Subject, place: PlaceName): Promise<string[]> =>
  inTenant(main, tenantId, async (trx) => {
    const rows = await PrivacyReceipt.query(trx)
      .where({ 'privacy_receipts.tenant_id': tenantId, place })
      .whereIn('request_id', trx('privacy_requests').where({ tenant_id: tenantId, subject_id: personId }).select('id'));
    return [...new Set(rows.flatMap(({ refs }) => refs))];
  });

/** Notes, before a vendor is asked to forget them, by which ids it will be asked whether it has. */
export const noteRefs = (main: Knex, { tenantId }: Subject, requestId: string, place: PlaceName, refs: readonly string[]): Promise<void> =>
  inTenant(main, tenantId, async (trx) => {
    const sql = `insert into privacy_receipts (tenant_id, request_id, place, refs) values (?, ?, ?, ?::jsonb)
      on conflict (tenant_id, request_id, place) do update
      set refs = (select coalesce(jsonb_agg(distinct ref), '[]') from jsonb_array_elements(privacy_receipts.refs || excluded.refs) as ref)`;
    await trx.raw(sql, [tenantId, requestId, place, JSON.stringify(refs)]);
  });

type KeptReceipt = Pick<PrivacyReceipt, 'counts' | 'refs' | 'kept_until'>;
const later = (one: Date | null | undefined, other: string): Date => new Date(Math.max(one?.getTime() ?? 0, Date.parse(other)));

/**
 * Keeps a receipt, or what is about to be erased (`erased: false`). What an attempt that died had erased already is not counted again, so
 * the larger number of each kind stands, and the later end.
 */
export const keepReceipt = (
  main: Knex,
  { tenantId }: Subject,
  requestId: string,
  place: PlaceName,
  { counts, refs = [], keptUntil, erased = true }: Receipt & { readonly erased?: boolean },
): Promise<Counts> =>
  inTenant(main, tenantId, async (trx) => {
    const key = { tenant_id: tenantId, request_id: requestId, place };
    const before = await trx('privacy_receipts').where(key).forUpdate().first<KeptReceipt | undefined>();
    const kept = { ...before?.counts };
    for (const [what, count] of Object.entries(counts)) kept[what] = Math.max(kept[what] ?? 0, count);
    const row = {
      counts: JSON.stringify(kept),
      refs: JSON.stringify([...new Set([...(before?.refs ?? []), ...refs])].sort()),
      ...(erased ? { erased_at: trx.fn.now() } : {}),
      ...(keptUntil ? { kept_until: later(before?.kept_until, keptUntil) } : {}),
    };
    await trx('privacy_receipts')
      .insert({ ...key, ...row })
      .onConflict(['tenant_id', 'request_id', 'place'])
      .merge(row);
    return kept;
  });
