import type { Knex } from 'knex';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { Person } from '../models/person.ts';
import { queryRows } from '../query-rows.ts';
import type { ImportScope } from './import-state.ts';

export interface RemovalDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'destroySubjectKeys' | 'blindIndex'>;
  readonly onProgress: () => void;
}
type Scope = Pick<ImportScope, 'tenantId' | 'importId'>;

const batchRows = 1_000;

/**
 * Stops every attempt of the import that may still be at work, also one that has not begun yet: it will find the import undone.
 * Tells whether what the school has is this import's alone.
 */
async function endImport(trx: Knex.Transaction, { tenantId, importId }: Scope): Promise<'first' | 'later'> {
  const row = `insert into roster_imports (id, tenant_id, run_id, format, status) select ?::uuid, id, ?::uuid, 'unknown', 'undone' from tenants where id = ?`;
  const change =
    'on conflict (tenant_id, id) do update set status = excluded.status where roster_imports.status <> excluded.status returning id';
  const ended = await queryRows(trx, `${row} ${change}`, [importId, importId, tenantId]);
  const other = await trx('roster_imports')
    .where({ tenant_id: tenantId })
    .whereNot({ id: importId })
    .whereNot({ status: 'undone' })
    .first('id');
  // Also people of an import that was only ended: their keys must outlive this one.
  const others = await trx('people').where({ tenant_id: tenantId }).whereNot({ roster_import_id: importId }).first('id');
  if (other ?? others) return 'later';
  // With the change that only one attempt makes: a second one must not say it again.
  if (ended.length > 0)
    await audit(trx, { tenantId, actorId: null, action: 'roster.undo-import', objectType: 'roster-import', objectId: importId });
  return 'first';
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
  });
}

/** People the keyring knew before the main cluster had them, when the import stopped in between. */
async function removeStrays({ keyring }: Pick<RemovalDeps, 'main' | 'keyring'>, tenantId: string): Promise<void> {
  const index = await keyring.blindIndex(tenantId);
  for (let ids = await index.subjects('roster-person', batchRows); ids.length > 0; ids = await index.subjects('roster-person', batchRows))
    await keyring.destroySubjectKeys(tenantId, ids);
}
