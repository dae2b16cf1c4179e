import type { Knex } from 'knex';
import { inTenant } from '../../database.ts';
import type { Keyring } from '../../keyring.ts';
import { Person } from '../../models/person.ts';
import { openRow } from '../../pii.ts';
import { erasedMatcher } from '../digests.ts';
import { type ErasableStore, noteRefs, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { isTheirs, names, termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
}
const place = 'guardianships';
/** Somebody else's id: kept to look at them again, and in no certificate. */
const refOf = (childId: string): string => `child ${childId}`;

/** Ties to relatives, and what the rows of children who stay say of their guardian: how to reach them. */
export function guardianshipStore({ knex, keyring }: Deps): ErasableStore {
  const ties = (trx: Knex.Transaction, { tenantId, personId }: Subject): Knex.QueryBuilder =>
    trx(place)
      .where({ tenant_id: tenantId })
      .where((either) => void either.where({ guardian_id: personId }).orWhere({ child_id: personId }));

  async function childrenOf(subject: Subject): Promise<string[]> {
    const { tenantId, personId: guardian_id } = subject;
    const tied = await inTenant(knex, tenantId, async (trx) =>
      trx(place).where({ tenant_id: tenantId, guardian_id }).select<{ child_id: string }[]>('child_id'),
    );
    const noted = (await refsOf(knex, subject, place)).map((ref) => ref.replace(refOf(''), ''));
    return [...new Set([...tied.map(({ child_id: id }) => id), ...noted])];
  }

  /** Children whose contact names the person. */
  async function naming(subject: Subject): Promise<string[]> {
    const { tenantId } = subject;
    const ids = await childrenOf(subject);
    const children = await inTenant(knex, tenantId, async (trx) =>
      Person.query(trx).where({ tenant_id: tenantId }).whereIn('id', ids).whereNotNull('guardian_contact').orderBy('id'),
    );
    if (children.length === 0) return [];
    const terms = await termsOf({ knex, keyring }, subject);
    const erased = await erasedMatcher(keyring, tenantId);
    const sealer = await keyring.sealer(
      tenantId,
      children.map(({ id }) => id),
    );
    const contactOf = ({ id, guardian_contact }: Person): string => {
      if (!sealer.has(id)) return '';
      const where = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
      return openRow(sealer, { guardian_contact: 'guardian_contact' }, where, { guardian_contact }).guardian_contact ?? '';
    };
    const isOfThem = (contact: string): boolean => names(terms, contact) || isTheirs(terms, contact) || erased.has(contact);
    return children.filter((child) => isOfThem(contactOf(child))).map(({ id }) => id);
  }

  return {
    place,
    async count(subject) {
      const row = await inTenant(knex, subject.tenantId, async (trx) =>
        ties(trx, subject).count({ count: '*' }).first<{ count: number }>(),
      );
      return { guardianships: row.count, guardian_contact: (await naming(subject)).length };
    },
    async erase(subject, requestId) {
      const ids = await naming(subject);
      await noteRefs(knex, subject, requestId, place, (await childrenOf(subject)).map(refOf));
      const guardianships = await inTenant(knex, subject.tenantId, async (trx) => {
        await trx('people').where({ tenant_id: subject.tenantId }).whereIn('id', ids).update({ guardian_contact: null });
        return ties(trx, subject).delete();
      });
      return { counts: { guardianships, guardian_contact: ids.length } };
    },
  };
}
