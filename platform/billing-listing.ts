import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import { inTenant } from './database.ts';

/** How often Stripe is asked for events that did not come. A little less than the schedule's minute. */
const everySeconds = 50;
/** What Stripe lists late, and its clock behind ours. */
const overlapSeconds = 300;
/** Stripe lists no older events. */
const longestDays = 30;

/**
 * Since when events are to be listed: since a little before the last run began that listed them and came to its end. Undefined when
 * that was within the minute, unless `anyway`.
 */
export async function sinceLastListing(knex: Knex, anyway: boolean): Promise<Date | undefined> {
  const sql = `
    with last as (
      select created_at from runs
      where tenant_id = ? and process = 'mirror-billing' and status = 'completed' and (result->>'listed')::boolean
      order by id desc limit 1)
    select coalesce((select created_at from last) - make_interval(secs => ?), now() - make_interval(days => ?)) as since,
      coalesce((select created_at from last) > now() - make_interval(secs => ?), false) as recent`;
  const bindings = [platformTenantId, overlapSeconds, longestDays, everySeconds];
  const { rows } = await inTenant(knex, platformTenantId, (trx) => trx.raw<{ rows: { since: Date; recent: boolean }[] }>(sql, bindings));
  const [row] = rows;
  return row && (anyway || !row.recent) ? row.since : undefined;
}
