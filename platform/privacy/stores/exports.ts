import type { Knex } from 'knex';
import { createExports, type ExportDeps } from '../exports.ts';
import type { ErasableStore } from '../store.ts';

interface Deps {
  readonly knex: Knex;
  readonly storage: ExportDeps['storage'];
}

/** Packages that were made of a person's data: the sealed file and the passphrase go; that there was one stays, by ids. */
export function exportStore({ knex, storage }: Deps): ErasableStore {
  const exports = createExports({ main: knex, storage });
  return {
    place: 'privacy_exports',
    count: async ({ tenantId, personId }) => ({ packages: (await exports.ofSubject(tenantId, personId)).length }),
    async erase({ tenantId, personId }, requestId) {
      const ids = await exports.ofSubject(tenantId, personId);
      for (const id of ids) await exports.discard({ tenantId, id }, 'revoked', { actorId: null, runId: requestId });
      return { counts: { packages: ids.length } };
    },
  };
}
