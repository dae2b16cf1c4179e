import type { Knex } from 'knex';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { Person } from '../models/person.ts';
import type { ImportScope } from './import-state.ts';

export interface RemovalDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'destroySubjectKeys' | 'blindIndex'>;
  readonly onProgress: () => void;
}
type Scope = Pick<ImportScope, 'tenantId' | 'importId'>;

const batchRows = 1_000;

/** Stops every attempt of the import that may still be at work, and tells whether the tenant's data are this import's alone. */
async function endImport(trx: Knex.Transaction, { tenantId, importId }: Scope): Promise<'absent' | 'first' | 'later'> {
  const ended = await trx('roster_imports').where({ tenant_id: tenantId, id: importId }).update({ status: 'undone' });
  if (ended === 0) return 'absent';
  const earlier = await trx('roster_imports').where({ tenant_id: tenantId, status: 'completed' }).whereNot({ id: importId }).first('id');
  return earlier ? 'later' : 'first';
}

/**
 * Undoes a tenant's first import: its people with their keys and indexes, its classes and all between them. A later import is only
 * ended: what it changed was the school's own data, and the next roster brings them up to date. Idempotent, also when nothing was imported.
 */
export async function removeImport({ main, keyring, onProgress }: RemovalDeps, scope: Scope): Promise<void> {
  const { tenantId, importId } = scope;
  const which = await inTenant(main, tenantId, (trx) => endImport(trx, scope));
  if (which !== 'first') return;
  for (;;) {
    onProgress();
    const people = await inTenant(main, tenantId, async (trx) =>
      Person.query(trx).where({ tenant_id: tenantId, roster_import_id: importId }).select('id').limit(batchRows),
    );
    if (people.length === 0) break;
    const ids = people.map(({ id }) => id);
    // Keys first: were the rows to go first, a crash would leave keys that nothing leads to.
    await keyring.destroySubjectKeys(tenantId, ids);
    await inTenant(main, tenantId, (trx) => trx('people').where({ tenant_id: tenantId }).whereIn('id', ids).delete());
  }
  await removeStrays({ main, keyring }, tenantId);
  await inTenant(main, tenantId, async (trx) => {
    for (const table of ['classes', 'org_units']) await trx(table).where({ tenant_id: tenantId, roster_import_id: importId }).delete();
    await audit(trx, { tenantId, actorId: null, action: 'roster.undo-import', objectType: 'roster-import', objectId: importId });
  });
}

/** People the keyring knew before the main cluster had them, when the import stopped in between. */
async function removeStrays({ keyring }: Pick<RemovalDeps, 'main' | 'keyring'>, tenantId: string): Promise<void> {
  const index = await keyring.blindIndex(tenantId);
  for (let ids = await index.subjects('roster-person', batchRows); ids.length > 0; ids = await index.subjects('roster-person', batchRows))
    await keyring.destroySubjectKeys(tenantId, ids);
}
