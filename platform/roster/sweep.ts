import type { Knex } from 'knex';
import { addDelta, type RosterCounts } from '../../domain/roster/counts.ts';
import { type RosterKind, rosterKinds } from '../../domain/roster/records.ts';
import type { WriteScope } from './write-places.ts';

export const tableOfKind = {
  orgUnits: 'org_units',
  people: 'people',
  classes: 'classes',
  enrollments: 'enrollments',
  guardianships: 'guardianships',
} as const satisfies Record<RosterKind, string>;

const personColumns = { people: ['id'], enrollments: ['person_id'], guardianships: ['guardian_id', 'child_id'] } as const;

/** No roster ends what people have whose data is restricted: their rows were not taken, so they bear no stamp of this import. */
function leaveRestricted(kind: RosterKind, gone: Knex.QueryBuilder): void {
  if (!(kind in personColumns)) return;
  for (const column of personColumns[kind as keyof typeof personColumns])
    gone.whereRaw(
      'not exists (select from people as held where held.tenant_id = ??.tenant_id and held.id = ??.?? and held.restricted_by is not null)',
      [tableOfKind[kind], tableOfKind[kind], column],
    );
}

/** Marks what earlier rosters had and this one has not as inactive. Never deletes; a kind the roster has no file for is left alone. */
export async function sweep(
  trx: Knex.Transaction,
  { tenantId, importId }: Pick<WriteScope, 'tenantId' | 'importId'>,
  kinds: ReadonlySet<RosterKind>,
  counts: RosterCounts,
): Promise<RosterCounts> {
  const swept: Record<RosterKind, RosterCounts[RosterKind]> = { ...counts };
  for (const kind of rosterKinds.filter((known) => kinds.has(known))) {
    // Rows without an import were not made by a roster: they are not a roster's to end.
    const gone = trx(tableOfKind[kind]).where({ tenant_id: tenantId, status: 'active' }).whereNot({ roster_import_id: importId });
    leaveRestricted(kind, gone);
    swept[kind] = addDelta(swept[kind], { deactivated: await gone.update({ status: 'inactive' }) });
  }
  return { ...counts, ...swept };
}
