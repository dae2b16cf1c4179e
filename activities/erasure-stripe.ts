import type { Knex } from 'knex';
import type { Counts } from '../domain/privacy/residual.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { Billing } from '../platform/billing.ts';
import type { Keyring } from '../platform/keyring.ts';
import { stripeStore } from '../platform/privacy/stores/stripe.ts';
import type { Subject } from '../platform/privacy/subject.ts';
import { erasePlace, type OfPlace } from './erasure.ts';
import { onQueue } from './support/on-queue.ts';

export interface StripeErasureDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
  readonly billing: Billing;
}

export const createStripeErasureActivities = (deps: StripeErasureDeps) => {
  const store = stripeStore(deps);
  return onQueue(taskQueues.stripe, {
    /** Safe to retry: it only reads. */
    async countAtStripe({ subject }: { readonly subject: Subject }): Promise<Counts> {
      return store.count(subject);
    },
    /** Safe to retry: fields that were cleared and customers that were deleted are not found again; ids are noted before they are. */
    async eraseAtStripe(input: OfPlace): Promise<Counts> {
      return erasePlace(deps, store, input);
    },
  });
};
export type StripeErasureActivities = ReturnType<typeof createStripeErasureActivities>;
