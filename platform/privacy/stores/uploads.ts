import type { Knex } from 'knex';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../database.ts';
import type { Keyring } from '../../keyring.ts';
import { createUploads, type UploadDeps } from '../../roster/uploads.ts';
import type { ErasableStore } from '../store.ts';
import type { Subject } from '../subject.ts';

const processesThatRead = ['onboard-school', 'simulate-dunning'];

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealerOfNew' | 'sealer' | 'destroySubjectKeys'>;
  readonly storage: UploadDeps['storage'];
}

/**
 * Files that may name the person: rosters, and lists of failed payments. All of the school that had come by then go; those that an open run
 * may still read are waited for. The file a school was made from lies with the platform and goes at the end of that run (its id is the
 * school's): until then it counts as one.
 */
export function uploadStore({ knex, keyring, storage }: Deps): ErasableStore {
  const uploads = createUploads({ main: knex, keyring, storage });
  const stored = (trx: Knex.Transaction, { tenantId, asOf = new Date().toISOString() }: Subject): Knex.QueryBuilder =>
    trx('uploads').where({ tenant_id: tenantId }).whereNot({ status: 'deleted' }).where('created_at', '<=', asOf);

  return {
    place: 'uploads',
    async count(subject) {
      const { tenantId } = subject;
      const own = await inTenant(knex, tenantId, async (trx) => (await stored(trx, subject).select('id')).length);
      const making = await inTenant(knex, platformTenantId, async (trx) => {
        const open = trx('runs').where({ tenant_id: platformTenantId, id: tenantId }).whereNull('closed_at');
        return (await open.select<{ id: string }[]>('id')).length;
      });
      return { uploads: own + making };
    },
    async erase(subject, requestId) {
      const ids = await inTenant(knex, subject.tenantId, async (trx) => {
        const readers = trx('runs')
          .whereRaw('runs.tenant_id = uploads.tenant_id and runs.created_at between uploads.created_at and uploads.expires_at')
          .whereIn('process', processesThatRead)
          .whereNull('runs.closed_at');
        return stored(trx, subject).whereNotExists(readers).orderBy('id').select<{ id: string }[]>('id');
      });
      for (const { id } of ids) await uploads.expire(subject.tenantId, id, { actorId: null, requestId: null, runId: requestId });
      return { counts: { uploads: ids.length } };
    },
  };
}
