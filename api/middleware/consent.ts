import type { Knex } from 'knex';
import { inTenant } from '../../platform/database.ts';
import type { Reading } from '../../platform/reading.ts';
import { demandConsent, gpcIsNews, recordGpc } from '../../platform/privacy/consents.ts';
import type { Caller } from '../support/caller.ts';
import type { Context, Route } from '../support/route.ts';

export interface Asking {
  readonly main: Knex;
  /** What the request reads by: whoever held its transaction and waited for a second connection could wait for ever. */
  readonly reading: Reading;
}

/**
 * Hears what the caller's browser says (`Sec-GPC: 1`), then lets pass what may be done for the route's purpose with the caller's data, or
 * throws ConsentRequiredError. Both are asked of the database for each request. Who is no person of a school, or looks in by break-glass,
 * is not asked: it is not their data.
 */
export async function honourConsent({ main, reading }: Asking, { purpose }: Route, caller: Caller, ctx: Context): Promise<void> {
  const { tenantId, personId, accountId, breakGlassId } = caller;
  if (!personId || breakGlassId) return;
  const who = { tenantId, personId };
  if (ctx.get('sec-gpc') === '1' && (await reading.read(tenantId, (trx) => gpcIsNews(trx, who)))) {
    const { requestId } = ctx.state;
    await inTenant(main, tenantId, (trx) => recordGpc(trx, who, { accountId, requestId }));
  }
  if (purpose) await reading.read(tenantId, (trx) => demandConsent(trx, who, purpose));
}
