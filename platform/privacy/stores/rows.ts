import type { Knex } from 'knex';
import { inTenant } from '../../database.ts';
import type { TablePlace } from '../places.ts';
import type { ErasableStore } from '../store.ts';
import type { Subject } from '../subject.ts';

type Narrow = (rows: Knex.QueryBuilder, subject: Subject, trx: Knex.Transaction) => Knex.QueryBuilder;

/** A table whose rows of a person go. */
export function rowsStore(main: Knex, place: TablePlace, narrow: Narrow): ErasableStore {
  const rowsOf = (trx: Knex.Transaction, subject: Subject): Knex.QueryBuilder => narrow(trx(place), subject, trx);
  return {
    place,
    count: (subject) =>
      inTenant(main, subject.tenantId, async (trx) => {
        const row = await rowsOf(trx, subject).count({ count: '*' }).first<{ count: number }>();
        return { [place]: row.count };
      }),
    erase: (subject) => inTenant(main, subject.tenantId, async (trx) => ({ counts: { [place]: await rowsOf(trx, subject).delete() } })),
  };
}

const ofPerson: Narrow = (rows, { tenantId, personId }) => rows.where({ tenant_id: tenantId, person_id: personId });
/** Sign-ins as this person: in their memberships of this school. Those elsewhere are another school's. */
const sessionsOf = (trx: Knex.Transaction, { tenantId, personId }: Subject): Knex.QueryBuilder =>
  trx('memberships').where({ tenant_id: tenantId, person_id: personId }).select('id');

export const rowStores = (main: Knex): ErasableStore[] => [
  rowsStore(main, 'enrollments', ofPerson),
  rowsStore(main, 'invitations', ofPerson),
  rowsStore(main, 'refresh_tokens', (rows, subject, trx) =>
    rows.whereIn('session_id', trx('sessions').whereIn('membership_id', sessionsOf(trx, subject)).select('id')),
  ),
  rowsStore(main, 'sessions', (rows, subject, trx) => rows.whereIn('membership_id', sessionsOf(trx, subject))),
  rowsStore(main, 'memberships', ofPerson),
];
