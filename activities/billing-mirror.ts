import type { Knex } from 'knex';
import { taskQueues } from '../domain/task-queues.ts';
import type { Billing } from '../platform/billing.ts';
import { sinceLastListing } from '../platform/billing-listing.ts';
import { refuseEvents, storedEvents, storeEvents } from '../platform/webhook-events.ts';
import { onQueue } from './support/on-queue.ts';
import { groupEvents, type Moved, refreshGroup } from './support/refresh-billing.ts';
import { createPace } from './support/pace.ts';

export type { Moved } from './support/refresh-billing.ts';

export interface BillingMirrorDeps {
  readonly knex: Knex;
  readonly billing: Billing;
  /** How often the mirror asks Stripe at most; it leaves the rest of what Stripe allows to who waits for an answer. */
  readonly mirrorRequestsPerSecond?: number;
  /** How long a page may take: the activity is given up much later. */
  readonly pageMs?: number;
  /** Events of a page. */
  readonly pageEvents?: number;
}
/** Where the listing of events goes on. */
interface Position {
  /** RFC 3339. */
  readonly since: string;
  readonly after: string;
}
export interface EventsRead {
  readonly listed: boolean;
  readonly found: number;
  readonly next?: Position;
}
export interface EventsMirrored {
  /** What is written, to be called done when it is told, too. */
  readonly done: readonly string[];
  readonly refused: number;
  readonly moved: readonly Moved[];
  readonly more: boolean;
}

const vendor = 'stripe';

export const createBillingMirrorActivities = ({
  knex,
  billing,
  mirrorRequestsPerSecond = Infinity,
  pageMs = 15_000,
  pageEvents = 500,
}: BillingMirrorDeps) => {
  const pace = createPace(mirrorRequestsPerSecond);

  return onQueue(taskQueues.stripe, {
    /**
     * Safe to retry: an event that is known is left as it is. Lists what happened since the last listing, unless that has just been, for as
     * long as a page may take.
     */
    async readEvents({ list, at }: { readonly list: boolean; readonly at?: Position }): Promise<EventsRead> {
      const since = at ? new Date(at.since) : await sinceLastListing(knex, list);
      if (!since) return { listed: false, found: 0 };
      const until = performance.now() + pageMs;
      let [found, after] = [0, at?.after];
      do {
        await pace(1);
        const page = await billing.listEvents(since, after);
        const rows = page.events.map(
          (event) => ({ ...event, vendor, receivedBy: 'reconciliation', status: 'stored', reason: null }) as const,
        );
        found += (await storeEvents(knex, rows)).size;
        after = page.after;
      } while (after !== undefined && performance.now() < until);
      return { listed: true, found, ...(after === undefined ? {} : { next: { since: since.toISOString(), after } }) };
    },
    /**
     * Safe to retry: events stay stored until the run calls them done, and the mirror keeps the newest answer. A page of them, oldest first:
     * each object they name is read once, however many name it.
     */
    async mirrorEvents(): Promise<EventsMirrored> {
      const until = performance.now() + pageMs;
      const page = await storedEvents(knex, vendor, pageEvents);
      const { groups, strangers } = await groupEvents({ knex, billing, pace }, page);
      await refuseEvents(knex, vendor, strangers, 'of a customer that is no school’s');
      const done: string[] = [];
      const moved: Moved[] = [];
      for (const group of groups) {
        moved.push(...(await refreshGroup({ knex, billing, pace }, group)));
        done.push(...group.eventIds);
        if (performance.now() > until) break;
      }
      const dealtWith = done.length + strangers.length;
      return { done, refused: strangers.length, moved, more: page.length === pageEvents || dealtWith < page.length };
    },
  });
};
export type BillingMirrorActivities = ReturnType<typeof createBillingMirrorActivities>;
