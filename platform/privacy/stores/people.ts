import type { Knex } from 'knex';
import { inTenant } from '../../database.ts';
import { Person } from '../../models/person.ts';
import type { ErasableStore } from '../store.ts';
import type { Subject } from '../subject.ts';

const sealed = Object.keys(Person.pii) as (keyof typeof Person.pii)[];
const tombstone = {
  ...Object.fromEntries(sealed.map((column) => [column, null])),
  status: 'erased',
  roles: [],
  grade: null,
  locale: null,
  roster_import_id: null,
};

/** The person's own row: it stays, for others refer to it, and says nothing of anybody. */
export function peopleStore(main: Knex): ErasableStore {
  const alive = (trx: Knex.Transaction, { tenantId, personId }: Subject): Knex.QueryBuilder =>
    trx('people')
      .where({ tenant_id: tenantId, id: personId })
      .where((left) => {
        void left.whereNot({ status: 'erased' }).orWhereRaw(`roles <> '{}'`);
        for (const column of [...sealed, 'grade', 'locale'] as const) void left.orWhereNotNull(column);
      });
  return {
    place: 'people',
    count: (subject) => inTenant(main, subject.tenantId, async (trx) => ({ people: (await alive(trx, subject).select('id')).length })),
    erase: (subject) =>
      inTenant(main, subject.tenantId, async (trx) => ({ counts: { people: await alive(trx, subject).update(tombstone) } })),
  };
}
