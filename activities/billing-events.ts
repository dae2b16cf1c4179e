import type { Knex } from 'knex';
import { type NamedPage, settleEvents } from '../platform/webhook-events.ts';

export interface BillingEventDeps {
  readonly knex: Knex;
}

export const createBillingEventActivities = ({ knex }: BillingEventDeps) => ({
  /** Safe to retry: an event that is done stays so. Asked for when all that it meant is written and told. */
  settleEvents: (page: NamedPage): Promise<void> => settleEvents(knex, 'stripe', page),
});
export type BillingEventActivities = ReturnType<typeof createBillingEventActivities>;
