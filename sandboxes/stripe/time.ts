import type Stripe from 'stripe';
import type { Collection } from '../support/store.ts';
import { expireSession } from './checkout.ts';
import type { StripeContext } from './context.ts';
import { createDueQueue } from './due-queue.ts';
import type { Due, DueQueue } from './due-queue.ts';
import { checkoutPlan, duesOf, invoicePlan, saidOnce, stillHolds, subscriptionPlan } from './due.ts';
import { invoiceFallsDue, subscriptionFallsDue } from './transitions.ts';

export interface Time {
  /**
   * Does what falls due by `until` on a time line, one thing after the other, each at its own time; stops early after `budgetMs`.
   * @param clock a test clock's id; '': the sandbox's own time
   * @returns whether all is done
   */
  run(clock: string, until: number, budgetMs?: number): boolean;
}

export interface TimeDeps {
  readonly context: StripeContext;
  readonly transaction: <T>(act: () => T) => T;
  /** Lets `act` find another time. */
  readonly at: <T>(now: number, act: () => T) => T;
}

/** Subscriptions and invoices live on their test clock's time, or on the sandbox's. */
export function createTime({ context, transaction, at }: TimeDeps): Time {
  const lines = new Map<string, DueQueue>();
  // How far a time line has come: what was planned for an earlier time happens then.
  const reached = new Map<string, number>();
  const { subscriptions, invoices, checkoutSessions, customers } = context.tables;
  let starting = true;

  function lineOf(clock: string): DueQueue {
    const line = lines.get(clock) ?? createDueQueue();
    lines.set(clock, line);
    return line;
  }
  function clockOf(row: object): string {
    const { test_clock: own, customer } = row as { test_clock?: unknown; customer?: unknown };
    const clock = own ?? (typeof customer === 'string' ? customers.get(customer)?.test_clock : null);
    return typeof clock === 'string' ? clock : '';
  }
  function watch<T extends { id: string }>(table: Collection<T>, dues: (row: T) => Due[]): void {
    table.watch((_, before, after) => {
      if (!after) return;
      const clock = clockOf(after);
      // What was planned before this change is planned, or has happened.
      const known = before ? dues(before) : [];
      for (const due of dues(after)) {
        if (known.some(({ kind, at: time }) => kind === due.kind && time === due.at)) continue;
        if (!(starting && saidOnce.has(due.kind) && due.at <= context.timeOf(clock))) lineOf(clock).plan(due);
      }
    });
  }
  watch(subscriptions, (row) => duesOf(subscriptionPlan, row));
  watch(invoices, (row) => duesOf(invoicePlan, row));
  watch(checkoutSessions, (row) => duesOf(checkoutPlan, row));
  starting = false;

  return {
    run(clock, until, budgetMs = Number.POSITIVE_INFINITY) {
      const line = lineOf(clock);
      const startedAt = performance.now();
      let now = Math.min(reached.get(clock) ?? 0, until);
      for (let due = line.take(until); due; due = line.take(until)) {
        const next = due;
        now = Math.max(now, next.at);
        reached.set(clock, now);
        try {
          transaction(() => at(now, () => happens(context, next)));
        } catch (error) {
          line.plan(next);
          throw error;
        }
        if (performance.now() - startedAt > budgetMs) return false;
      }
      reached.set(clock, until);
      return true;
    },
  };
}

/** What was planned, if it still holds. */
function happens(context: StripeContext, due: Due): void {
  const { subscriptions, invoices, checkoutSessions } = context.tables;
  const { kind, id } = due;
  const subscription = subscriptions.get(id);
  if (subscription && stillHolds<Stripe.Subscription>(subscriptionPlan, subscription, due)) {
    subscriptionFallsDue(context, kind, subscription);
  }
  const invoice = invoices.get(id);
  if (invoice && stillHolds<Stripe.Invoice>(invoicePlan, invoice, due)) invoiceFallsDue(context, kind, invoice);
  const session = checkoutSessions.get(id);
  if (session && stillHolds<Stripe.Checkout.Session>(checkoutPlan, session, due)) expireSession(context, session);
}
