import type { Knex } from 'knex';
import { inTenant } from '../../database.ts';
import type { Keyring } from '../../keyring.ts';
import { PrivacyHold } from '../../models/privacy-request.ts';
import type { ErasableStore } from '../store.ts';
import type { Subject } from '../subject.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'destroySubjectKeys'>;
}

/** Why requests about the person were held. That they were stays; the reason goes, with its key. */
export function holdStore({ knex, keyring }: Deps): ErasableStore {
  const reasons = ({ tenantId, personId }: Subject, trx: Knex.Transaction) =>
    PrivacyHold.query(trx)
      .where({ tenant_id: tenantId })
      .whereNotNull('stated_reason')
      .whereIn('request_id', trx('privacy_requests').where({ tenant_id: tenantId, subject_id: personId }).select('id'));
  return {
    place: 'privacy_holds',
    count: (subject) => inTenant(knex, subject.tenantId, async (trx) => ({ stated_reason: await reasons(subject, trx).resultSize() })),
    async erase(subject) {
      const ids = await inTenant(knex, subject.tenantId, async (trx) => (await reasons(subject, trx)).map(({ id }) => id));
      await keyring.destroySubjectKeys(subject.tenantId, ids);
      const gone = await inTenant(knex, subject.tenantId, async (trx) => reasons(subject, trx).patch({ stated_reason: null }));
      return { counts: { stated_reason: gone } };
    },
  };
}
