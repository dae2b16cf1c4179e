import type { Knex } from 'knex';
import { taskQueues } from '../domain/task-queues.ts';
import type { Billing } from '../platform/billing.ts';
import { sinceLastListing } from '../platform/billing-listing.ts';
import { type CountedName, forgetEvents, type NamedPage, refuseEvents, storedNames, storeEvents } from '../platform/webhook-events.ts';
import { onQueue } from './support/on-queue.ts';
import { groupNamed, type Moved, refreshGroup } from './support/refresh-billing.ts';
import { createPace } from './support/pace.ts';

export type { Moved } from './support/refresh-billing.ts';

export interface BillingMirrorDeps {
  readonly knex: Knex;
  readonly billing: Billing;
  /** How often the mirror asks Stripe at most; it leaves the rest of what Stripe allows to who waits for an answer. */
  readonly mirrorRequestsPerSecond?: number;
  /** How long a page may take: the activity is given up much later. */
  readonly pageMs?: number;
  /** Objects of a page, however many events name them. */
  readonly pageObjects?: number;
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
  /** What is written: the events that named it by then are to be called done when it is told, too. */
  readonly done: NamedPage;
  /** That named it when the page was read, and those that were none of our business. */
  readonly events: number;
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
  pageObjects = 500,
}: BillingMirrorDeps) => {
  const pace = createPace(mirrorRequestsPerSecond);

  return onQueue(taskQueues.stripe, {
    /**
     * Safe to retry: an event that is known is left as it is. Lists what happened since the last listing, unless that has just been, for as
     * long as a page may take. Those dealt with long ago are removed on the way.
     */
    async readEvents({ list, at }: { readonly list: boolean; readonly at?: Position }): Promise<EventsRead> {
      const since = at ? new Date(at.since) : await sinceLastListing(knex, list);
      if (!since) return { listed: false, found: 0 };
      await forgetEvents(knex, vendor);
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
     * Safe to retry: events stay stored until the run calls them done, and the mirror keeps the newest answer. A page of what they name,
     * the longest waiting first: each object is read once, however many events name it, on whatever page they would be.
     */
    async mirrorEvents(): Promise<EventsMirrored> {
      const until = performance.now() + pageMs;
      const { named, asOf } = await storedNames(knex, vendor, pageObjects);
      const { groups, strangers } = await groupNamed({ knex, billing, pace }, named);
      await refuseEvents(knex, vendor, { named: strangers, asOf }, 'of a customer that is no school’s');
      const done: CountedName[] = [];
      const moved: Moved[] = [];
      for (const group of groups) {
        moved.push(...(await refreshGroup({ knex, billing, pace }, group)));
        done.push(...group.named);
        if (performance.now() > until) break;
      }
      const dealtWith = done.length + strangers.length;
      return {
        done: { named: done, asOf },
        events: eventsOf(done),
        refused: eventsOf(strangers),
        moved,
        more: named.length === pageObjects || dealtWith < named.length,
      };
    },
  });
};

const eventsOf = (named: readonly CountedName[]): number => named.reduce((sum, { events }) => sum + events, 0);

export type BillingMirrorActivities = ReturnType<typeof createBillingMirrorActivities>;
