import type { Knex } from 'knex';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../database.ts';
import { endsWith, type Subject } from '../subject.ts';
import type { ErasableStore } from '../store.ts';

interface Deps {
  readonly knex: Knex;
  /** The keyring cluster. */
  readonly keyringDatabase: Knex;
}
export interface KeySubject {
  readonly tenantId: string;
  readonly subjectIds: readonly string[];
}

/** Whose keys end with the person: their own, and their account's when it does. */
export async function keySubjectsOf(knex: Knex, subject: Subject): Promise<KeySubject[]> {
  const { tenantId, personId, accountId } = subject;
  const own = { tenantId, subjectIds: [personId] };
  return accountId && (await endsWith(knex, subject)) ? [own, { tenantId: platformTenantId, subjectIds: [accountId] }] : [own];
}

/** Their wrapped keys, or the rows that find them. They go last, by activities of their own (`destroySubjectKeys`): here they are counted. */
export function keyringStore({ knex, keyringDatabase }: Deps, place: 'subject_keys' | 'blind_indexes'): ErasableStore {
  return {
    place,
    async count(subject) {
      let rows = 0;
      for (const { tenantId, subjectIds } of await keySubjectsOf(knex, subject))
        rows += await inTenant(keyringDatabase, tenantId, async (trx) => {
          const found: unknown[] = await trx(place).where({ tenant_id: tenantId }).whereIn('subject_id', subjectIds).select('subject_id');
          return found.length;
        });
      return { [place]: rows };
    },
    erase: async () => ({ counts: {} }),
  };
}
