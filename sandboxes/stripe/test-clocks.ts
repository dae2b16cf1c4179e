import type Stripe from 'stripe';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { deleteCustomer } from './customer-states.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { StripeFailure, invalid } from './failure.ts';
import { listShape, page } from './lists.ts';
import { integer, maxLength, required, text } from './params.ts';
import { longest } from './periods.ts';
import type { Time } from './time.ts';

type TestClock = Stripe.TestHelpers.TestClock;

const keptSeconds = 30 * 86_400;
const withoutSubscriptions = 2 * 366 * 86_400;
const path = '/v1/test_helpers/test_clocks';

export function testClockEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes, emit } = context;
  const one = (id: string) => find(tables.testClocks, 'test clock', id);
  const creatable = { customer: text, frozen_time: required(integer), name: maxLength(300) };
  return [
    endpoint(`POST ${path}`, creatable, ({ customer: customerId, frozen_time, name = null }) => {
      const created = context.timeOf('');
      const deletes_after = created + keptSeconds;
      const id = context.id('clock');
      const clock: TestClock = { ...emptyClock, id, created, deletes_after, frozen_time, name };
      tables.testClocks.put(id, clock);
      if (customerId !== undefined) {
        tables.customers.put(customerId, { ...find(tables.customers, 'customer', customerId, 'customer'), test_clock: id });
      }
      emit('test_helpers.test_clock.created', clock);
      return clock;
    }),
    endpoint(`GET ${path}`, listShape, (paging) => page(tables.testClocks.values(), path, paging)),
    endpoint(`GET ${path}/{test_clock}`, {}, (_, { id }) => one(id)),
    endpoint(`POST ${path}/{test_clock}/advance`, { frozen_time: required(integer) }, ({ frozen_time: target }, { id }) => {
      const before = one(id);
      if (before.status === 'advancing') throw lockedByClock(id);
      if (target <= before.frozen_time) throw invalid('A test clock can only be advanced into the future.', { param: 'frozen_time' });
      if (target > furthest(context, before))
        throw invalid('A test clock can be advanced by two intervals of its shortest subscription at most.', { param: 'frozen_time' });
      const after: TestClock = { ...before, status: 'advancing', status_details: { advancing: { target_frozen_time: target } } };
      tables.testClocks.put(id, after);
      emit('test_helpers.test_clock.advancing', after);
      return after;
    }),
    endpoint(`DELETE ${path}/{test_clock}`, {}, (_, { id }) => {
      const clock = one(id);
      for (const customer of indexes.customersOfClock.of(id)) deleteCustomer(context, customer);
      tables.testClocks.delete(id);
      emit('test_helpers.test_clock.deleted', clock);
      return { id, object: 'test_helpers.test_clock', deleted: true };
    }),
  ];
}

const emptyClock = { object: 'test_helpers.test_clock' as const, livemode: false, status: 'ready' as const, status_details: {} };

/** The test clock may go as far as two intervals of the shortest subscription on it. */
function furthest({ indexes }: StripeContext, { id, frozen_time }: TestClock): number {
  const cycles = indexes.customersOfClock
    .of(id)
    .flatMap((customer) => indexes.subscriptionsOf.of(customer.id))
    .filter(({ ended_at }) => ended_at === null)
    .flatMap(({ items }) => items.data.flatMap(({ price }) => (price.recurring ? [longest(price.recurring)] : [])));
  return frozen_time + (cycles.length === 0 ? withoutSubscriptions : 2 * Math.min(...cycles));
}

/** What lives on a clock cannot be changed while the clock moves. */
export const lockedByClock = (id: string): StripeFailure =>
  new StripeFailure(
    429,
    {
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message: `The test clock ${id} is advancing: its objects cannot be accessed right now. Please try again later.`,
    },
    { headers: { 'stripe-should-retry': 'true' } },
  );

/** How long the clocks may hold up the requests of others, in milliseconds. */
const sliceMs = 25;

/** Moves the test clocks that are on their way, a little at a time. */
export interface ClockMover {
  /** Looks whether one has set out. */
  wake(): void;
  stop(): void;
}

export function createClockMover({ tables, emit }: StripeContext, time: Time, transaction: (act: () => void) => void): ClockMover {
  let turn: NodeJS.Immediate | undefined;
  let stopped = false;

  function move(clock: TestClock): void {
    const target = clock.status_details.advancing?.target_frozen_time ?? clock.frozen_time;
    if (!time.run(clock.id, target, sliceMs)) return;
    const ready: TestClock = { ...clock, frozen_time: target, status: 'ready', status_details: {} };
    transaction(() => {
      tables.testClocks.put(clock.id, ready);
      emit('test_helpers.test_clock.ready', ready);
    });
  }
  function wake(): void {
    if (turn || stopped) return;
    const [next] = tables.testClocks.values().filter(({ status }) => status === 'advancing');
    if (!next) return;
    turn = setImmediate(() => {
      turn = undefined;
      move(next);
      wake();
    });
  }
  return {
    wake,
    stop() {
      stopped = true;
      clearImmediate(turn);
    },
  };
}
