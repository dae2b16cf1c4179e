import type { Knex } from 'knex';
import { atOnceInTenant, inTenant } from '../../platform/database.ts';
import { Effect } from '../../platform/models/effect.ts';
import type { Statement } from '../../platform/transaction.ts';

/** What is known of an effect before it is tried: opened by this attempt, left open by one that died, or done. */
export type Standing =
  | { readonly state: 'fresh' | 'unclear'; readonly requestedAt: Date; readonly round: number }
  | { readonly state: 'done'; readonly ref: string };

export interface EffectKind {
  readonly tenantId: string;
  readonly vendor: string;
  readonly operation: string;
}

type Row = Pick<Effect, 'key' | 'status' | 'vendor_ref' | 'requested_at' | 'version'>;

/** Reads effects by their keys, together with whatever else is read at once. Its rows are for `standingIn`. */
export const effectsStatement = (tenantId: string, keys: readonly string[]): Statement => ({
  text: 'select key, status, vendor_ref, requested_at, version from effects where tenant_id = $1 and key = any($2::text[])',
  values: [tenantId, keys],
  name: 'effects by keys',
});

/** Writes down that these effects are about to be tried, one row a business key, and tells how each stands. */
export async function openEffects(
  knex: Knex,
  { tenantId, vendor, operation }: EffectKind,
  keys: readonly string[],
): Promise<Map<string, Standing>> {
  const text = `insert into effects (tenant_id, key, vendor, operation) select $1::uuid, key, $2, $3 from unnest($4::text[]) as wanted (key)
    on conflict do nothing returning key`;
  const open = { text, values: [tenantId, vendor, operation, keys], name: 'open effects' };
  const [made = [], found = []] = await atOnceInTenant(knex, tenantId, [open, effectsStatement(tenantId, keys)]);
  const opened = new Set((made as { key: string }[]).map(({ key }) => key));
  return new Map((found as Row[]).map((row) => [row.key, standingOf(row, opened.has(row.key))]));
}

const standingOf = ({ status, vendor_ref: ref, requested_at: requestedAt, version: round }: Row, fresh: boolean): Standing =>
  status === 'done' ? { state: 'done', ref: ref ?? '' } : { state: fresh ? 'fresh' : 'unclear', requestedAt, round };

/** Writes down that these effects happened, and what the vendor calls them. An effect that is done stays as it is. */
export async function settleEffects(
  knex: Knex,
  tenantId: string,
  done: readonly { readonly key: string; readonly ref: string }[],
): Promise<void> {
  if (done.length === 0) return;
  const text = `update effects as known set status = 'done', vendor_ref = made.ref, done_at = now()
    from unnest($1::text[], $2::text[]) as made (key, ref)
    where known.tenant_id = $3 and known.key = made.key and known.status = 'pending'`;
  const values = [done.map(({ key }) => key), done.map(({ ref }) => ref), tenantId];
  await atOnceInTenant(knex, tenantId, [{ text, values, name: 'settle effects' }]);
}

/** How an effect stands, without opening it: undefined when it was never tried. */
export async function effectOf(knex: Knex, tenantId: string, key: string): Promise<Standing | undefined> {
  const [rows = []] = await atOnceInTenant(knex, tenantId, [effectsStatement(tenantId, [key])]);
  return standingIn(rows);
}

/** How the effect stands that one key was read of, as in effectOf. */
export function standingIn(rows: readonly unknown[]): Standing | undefined {
  const [row] = rows as Row[];
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
