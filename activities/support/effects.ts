import type { Knex } from 'knex';
import { inTenant } from '../../platform/database.ts';
import { Effect } from '../../platform/models/effect.ts';
import { queryRows } from '../../platform/query-rows.ts';

/** What is known of an effect before it is tried: opened by this attempt, left open by one that died, or done. */
export type Standing =
  | { readonly state: 'fresh' | 'unclear'; readonly requestedAt: Date; readonly round: number }
  | { readonly state: 'done'; readonly ref: string };

export interface EffectKind {
  readonly tenantId: string;
  readonly vendor: string;
  readonly operation: string;
}

/** Writes down that these effects are about to be tried, one row a business key, and tells how each stands. */
export async function openEffects(
  knex: Knex,
  { tenantId, vendor, operation }: EffectKind,
  keys: readonly string[],
): Promise<Map<string, Standing>> {
  const { opened, rows } = await inTenant(knex, tenantId, async (trx) => {
    const sql = `insert into effects (tenant_id, key, vendor, operation) select ?, key, ?, ? from unnest(?::text[]) as wanted (key)
      on conflict do nothing returning key`;
    const made = await queryRows<{ key: string }>(trx, sql, [tenantId, vendor, operation, keys]);
    const found = await Effect.query(trx)
      .where({ tenant_id: tenantId })
      .whereIn('key', [...keys]);
    return { opened: new Set(made.map(({ key }) => key)), rows: found };
  });
  return new Map(rows.map((row) => [row.key, standingOf(row, opened.has(row.key))]));
}

const standingOf = ({ status, vendor_ref: ref, requested_at: requestedAt, version: round }: Effect, fresh: boolean): Standing =>
  status === 'done' ? { state: 'done', ref: ref ?? '' } : { state: fresh ? 'fresh' : 'unclear', requestedAt, round };

/** Writes down that these effects happened, and what the vendor calls them. An effect that is done stays as it is. */
export async function settleEffects(
  knex: Knex,
  tenantId: string,
  done: readonly { readonly key: string; readonly ref: string }[],
): Promise<void> {
  if (done.length === 0) return;
  const sql = `update effects as known set status = 'done', vendor_ref = made.ref, done_at = now()
    from unnest(?::text[], ?::text[]) as made (key, ref)
    where known.tenant_id = ? and known.key = made.key and known.status = 'pending'`;
  await inTenant(knex, tenantId, (trx) => queryRows(trx, sql, [done.map(({ key }) => key), done.map(({ ref }) => ref), tenantId]));
}

/** How an effect stands, without opening it: undefined when it was never tried. */
export async function effectOf(knex: Knex, tenantId: string, key: string): Promise<Standing | undefined> {
  const row = await inTenant(knex, tenantId, async (trx) => Effect.query(trx).findById([tenantId, key]));
  return row && standingOf(row, false);
}

/** Forgets an intention that the vendor refused outright: nothing happened, and nobody need ask. */
export async function dropEffects(knex: Knex, tenantId: string, keys: readonly string[]): Promise<void> {
  await inTenant(knex, tenantId, async (trx) =>
    Effect.query(trx)
      .where({ tenant_id: tenantId, status: 'pending' })
      .whereIn('key', [...keys])
      .delete(),
  );
}

/** Starts the next round of an effect whose key the vendor no longer serves. */
export async function nextRound(knex: Knex, tenantId: string, key: string): Promise<void> {
  // The database counts the row's changes: any change is the next round.
  await inTenant(knex, tenantId, async (trx) =>
    Effect.query(trx).where({ tenant_id: tenantId, key, status: 'pending' }).patch({ status: 'pending' }),
  );
}
