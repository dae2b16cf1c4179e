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
 * Files that may name the person: rosters, and lists of failed payments. All of the school that had come by the time of the request go;
 * those that an open run may still read are waited for. So are the platform's own, from which schools are made: another school's may be
 * among them, and none lives longer than a day.
 */
export function uploadStore({ knex, keyring, storage }: Deps): ErasableStore {
  const uploads = createUploads({ main: knex, keyring, storage });
  const stored = (trx: Knex.Transaction, { asOf = new Date().toISOString() }: Subject, tenantId: string): Knex.QueryBuilder =>
    trx('uploads').where({ tenant_id: tenantId }).whereNot({ status: 'deleted' }).where('created_at', '<=', asOf);

  return {
    place: 'uploads',
    async count(subject) {
      let uploads = 0;
      for (const tenantId of [subject.tenantId, platformTenantId])
        uploads += await inTenant(knex, tenantId, async (trx) => (await stored(trx, subject, tenantId).select('id')).length);
      return { uploads };
    },
    async erase(subject, requestId) {
      const ids = await inTenant(knex, subject.tenantId, async (trx) => {
        const readers = trx('runs')
          .whereRaw('runs.tenant_id = uploads.tenant_id and runs.created_at between uploads.created_at and uploads.expires_at')
          .whereIn('process', processesThatRead)
          .whereNull('runs.closed_at');
        return stored(trx, subject, subject.tenantId).whereNotExists(readers).orderBy('id').select<{ id: string }[]>('id');
      });
      for (const { id } of ids) await uploads.expire(subject.tenantId, id, { actorId: null, requestId: null, runId: requestId });
      return { counts: { uploads: ids.length } };
    },
  };
}
