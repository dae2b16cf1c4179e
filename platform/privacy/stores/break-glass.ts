import type { Knex } from 'knex';
import { inTenant } from '../../database.ts';
import { openReasons } from '../../identity/break-glass-reason.ts';
import type { Keyring } from '../../keyring.ts';
import { BreakGlassAccess } from '../../models/break-glass-access.ts';
import { type ErasableStore, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { names, termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'destroySubjectKeys'>;
}

/** Why platform staff entered the school, where what they wrote names the person. That they did stays; the reason goes, with its key. */
export function breakGlassStore({ knex, keyring }: Deps): ErasableStore {
  async function named(subject: Subject): Promise<string[]> {
    const { tenantId } = subject;
    const known = new Set(await refsOf(knex, subject, 'break_glass_accesses'));
    const accesses = await inTenant(knex, tenantId, async (trx) =>
      BreakGlassAccess.query(trx).where({ tenant_id: tenantId }).whereNotNull('stated_reason'),
    );
    const terms = await termsOf({ knex, keyring }, subject);
    const reasons = await openReasons(keyring, accesses);
    return accesses.filter(({ id }) => known.has(id) || names(terms, reasons.get(id) ?? '')).map(({ id }) => id);
  }

  return {
    place: 'break_glass_accesses',
    count: async (subject) => ({ stated_reason: (await named(subject)).length }),
    async erase(subject) {
      const ids = await named(subject);
      const { tenantId } = subject;
      await inTenant(knex, tenantId, (trx) =>
        trx('break_glass_accesses').where({ tenant_id: tenantId }).whereIn('id', ids).update({ stated_reason: null }),
      );
      await keyring.destroySubjectKeys(tenantId, ids);
      return { counts: { stated_reason: ids.length }, refs: ids };
    },
  };
}
