import type { Knex } from 'knex';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../database.ts';
import type { Keyring } from '../../keyring.ts';
import type { ErasableStore } from '../store.ts';
import type { Subject } from '../subject.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'destroySubjectKeys'>;
}

/**
 * What people entered when they started runs, of the school and of the platform (which brings schools here and resets passwords). Nobody
 * reads one after its run: all of ended runs go, whomever they are about. Those of the school's runs under way, and of the run
 * that makes the school, are waited for; of the platform's other runs they are looked for again at the end.
 */
export function sealedInputStore({ knex, keyring }: Deps): ErasableStore {
  const of = ({ asOf = new Date().toISOString() }: Subject, tenantId: string, trx: Knex.Transaction): Knex.QueryBuilder =>
    trx('sealed_inputs').where({ tenant_id: tenantId }).where('created_at', '<=', asOf);
  /** Those whose runs go on; of the platform's all but the one that makes the school, when it is asked what is to be waited for. */
  const inUse = (trx: Knex.Transaction, tenantId: string, except?: string): Knex.QueryBuilder => {
    const open = trx('runs')
      .where({ tenant_id: tenantId })
      .whereNull('closed_at')
      .whereNotNull('sealed_input_id')
      .select('sealed_input_id');
    return except === undefined ? open : open.whereNot({ id: except });
  };

  async function remove(subject: Subject, tenantId: string): Promise<number> {
    const ids = await inTenant(knex, tenantId, async (trx) => {
      const rows = of(subject, tenantId, trx).whereNotIn('id', inUse(trx, tenantId));
      return (await rows.select<{ id: string }[]>('id')).map(({ id }) => id);
    });
    if (ids.length === 0) return 0;
    // The key first: a row without a key is found again, a key without a row is not.
    await keyring.destroySubjectKeys(tenantId, ids);
    return inTenant(knex, tenantId, (trx) => trx('sealed_inputs').where({ tenant_id: tenantId }).whereIn('id', ids).delete());
  }
  const countOf = (subject: Subject, tenantId: string): Promise<number> =>
    inTenant(knex, tenantId, async (trx) => {
      const rows = of(subject, tenantId, trx);
      if (tenantId === platformTenantId) rows.whereNotIn('id', inUse(trx, tenantId, subject.tenantId));
      return (await rows.select('id')).length;
    });
  const tenantsOf = ({ tenantId }: Subject): string[] => [tenantId, platformTenantId];

  return {
    place: 'sealed_inputs',
    async count(subject) {
      let sealed = 0;
      for (const tenantId of tenantsOf(subject)) sealed += await countOf(subject, tenantId);
      return { sealed_inputs: sealed };
    },
    async erase(subject) {
      let removed = 0;
      for (const tenantId of tenantsOf(subject)) removed += await remove(subject, tenantId);
      return { counts: { sealed_inputs: removed } };
    },
  };
}
