import type { Knex } from 'knex';
import { inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { PrivacyHold } from '../models/privacy-request.ts';
import { openRow, sealRow } from '../pii.ts';

export interface NewHold {
  readonly tenantId: string;
  readonly requestId: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly until: string;
  readonly accountId: string;
}
const placeOf = (tenantId: string, id: string) => ({ table: PrivacyHold.tableName, tenantId, subjectId: id, rowId: id }) as const;

/** Writes a hold down, its reason under a key of its own, before the run is told of it. Resolves to its id. */
export async function writeHold(
  { main, keyring }: { readonly main: Knex; readonly keyring: Pick<Keyring, 'sealerOfNew'> },
  { tenantId, requestId, reason, until, accountId }: NewHold,
): Promise<string> {
  const id = newId();
  const sealed = sealRow(await keyring.sealerOfNew(tenantId, [id]), PrivacyHold.pii, placeOf(tenantId, id), { stated_reason: reason });
  const row = { id, tenant_id: tenantId, request_id: requestId, until: new Date(until), placed_by: accountId, placed_at: new Date() };
  await inTenant(main, tenantId, async (trx) => PrivacyHold.query(trx).insert({ ...row, ...sealed }));
  return id;
}

/** Takes a hold back that the run refused. */
export async function dropHold(
  { main, keyring }: { readonly main: Knex; readonly keyring: Pick<Keyring, 'destroySubjectKeys'> },
  tenantId: string,
  id: string,
): Promise<void> {
  await inTenant(main, tenantId, async (trx) => PrivacyHold.query(trx).delete().where({ tenant_id: tenantId, id }));
  await keyring.destroySubjectKeys(tenantId, [id]);
}

/** Why these holds were placed, by their ids; null where the reason is gone. */
export async function openHoldReasons(
  keyring: Pick<Keyring, 'sealer'>,
  tenantId: string,
  holds: readonly PrivacyHold[],
): Promise<ReadonlyMap<string, string | null>> {
  const sealer = await keyring.sealer(
    tenantId,
    holds.map(({ id }) => id),
  );
  return new Map(
    holds.map((hold) => {
      const opened = sealer.has(hold.id) ? openRow(sealer, PrivacyHold.pii, placeOf(tenantId, hold.id), hold) : {};
      return [hold.id, opened.stated_reason ?? null];
    }),
  );
}
