import type { Keyring } from '../keyring.ts';
import { BreakGlassAccess } from '../models/break-glass-access.ts';
import { openRow, sealRow } from '../pii.ts';

type Ids = Pick<BreakGlassAccess, 'id' | 'tenant_id'>;
const placeOf = ({ id, tenant_id }: Ids) => ({ table: BreakGlassAccess.tableName, tenantId: tenant_id, subjectId: id, rowId: id }) as const;

/** Why an access is opened, under a key of its own among the school's: it may name a person. */
export async function sealReason(
  keyring: Pick<Keyring, 'createSubjectKeys' | 'sealer'>,
  ids: Ids,
  reason: string,
): Promise<{ stated_reason?: Buffer | null }> {
  await keyring.createSubjectKeys(ids.tenant_id, [ids.id]);
  return sealRow(await keyring.sealer(ids.tenant_id, [ids.id]), BreakGlassAccess.pii, placeOf(ids), { stated_reason: reason });
}

/** Why these accesses were opened, by their ids; null where the key is gone. */
export async function openReasons(
  keyring: Pick<Keyring, 'sealer'>,
  accesses: readonly BreakGlassAccess[],
): Promise<ReadonlyMap<string, string | null>> {
  const idsOf = (tenantId: string): string[] => accesses.filter(({ tenant_id }) => tenant_id === tenantId).map(({ id }) => id);
  const reasons = new Map<string, string | null>();
  for (const tenantId of new Set(accesses.map(({ tenant_id }) => tenant_id))) {
    const sealer = await keyring.sealer(tenantId, idsOf(tenantId));
    for (const access of accesses.filter(({ tenant_id }) => tenant_id === tenantId)) {
      const opened = sealer.has(access.id) ? openRow(sealer, BreakGlassAccess.pii, placeOf(access), access) : {};
      reasons.set(access.id, opened.stated_reason ?? null);
    }
  }
  return reasons;
}
