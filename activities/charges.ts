import type { Knex } from 'knex';
import { type CollectionFacts, invoiceStatusOf } from '../domain/dunning/facts.ts';
import type { Attempt, InvoiceHistory } from '../domain/dunning/history.ts';
import type { Instant } from '../domain/dunning/instant.ts';
import type { DunningPolicy } from '../domain/dunning/policy.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { Billing } from '../platform/billing.ts';
import { beginningOf, setCollector } from './support/begin-collection.ts';
import { chargeOnce, findCharging, refusal, takeRetries, unavailable } from './support/charge-once.ts';
import type { Billed } from './support/billed-invoice.ts';
import { type Asked, attemptOf, factsOf, findBilled } from './support/collection-facts.ts';
import { onQueue } from './support/on-queue.ts';

export interface ChargeDeps {
  readonly knex: Knex;
  readonly billing: Billing;
  /** How long a request whose answer was lost may still be under way at Stripe, ms: its time limit and some. */
  readonly underWayMs?: number;
}
interface OfInvoice {
  readonly tenantId: string;
  /** The platform's. */
  readonly invoiceId: string;
}
interface At extends OfInvoice {
  /** By the run's clock. */
  readonly now: Instant;
}
export interface ChargeInput extends At {
  readonly methodId: string;
  /** Counts the invoice's attempts: with its id the business key of the charge. */
  readonly attempt: number;
}
export interface Begun {
  readonly policy: DunningPolicy;
  readonly history: InvoiceHistory;
}
/** `attempt` is null when nothing was tried: there was nothing to pay any more, or nothing to pay with. */
export interface ChargeAnswer {
  readonly attempt: Attempt | null;
  readonly facts: CollectionFacts;
}

export const createChargeActivities = ({ knex, billing, underWayMs = 25_000 }: ChargeDeps) =>
  onQueue(taskQueues.stripe, {
    /**
     * Safe to retry: it reads, and sets what may be set again. Takes the retries from Stripe where the policy has them for the platform:
     * it resolves only when Stripe has confirmed that it charges no more by itself. Null when there is no such invoice.
     */
    async beginCollection(of: At): Promise<Begun | null> {
      const found = await ask({ knex, billing }, of);
      if (!found) return null;
      const { billed, asked } = found;
      const begun = await beginningOf(knex, billed, asked, of.now);
      if (invoiceStatusOf(asked.invoice.status) !== 'open') return begun;
      if (begun.policy.owner === 'platform') await takeRetries(billing, asked.invoice.id, asked.payer);
      await setCollector(knex, billed, begun.policy.owner);
      return begun;
    },
    /** Safe to retry: it reads, and mirrors what it has read. Null when there is no such invoice (any more). */
    async readCollection(of: At): Promise<CollectionFacts | null> {
      return read({ knex, billing }, of);
    },
    /**
     * Safe to retry: a charge is written down before it is asked for, and one without an answer is looked for at Stripe before it is asked
     * for again. Charges only an invoice that is open and that Stripe does not charge by itself.
     */
    async charge(input: ChargeInput): Promise<ChargeAnswer | null> {
      const charging = await findCharging(knex, input);
      if (!charging) return null;
      const ref = await chargeOnce({ knex, billing, underWayMs }, charging);
      const asked = await billing.readOwed(charging.billed.stripe_invoice_id);
      if (!asked) return null;
      const facts = await factsOf(knex, charging.billed, asked, input.now);
      return { attempt: ref === undefined ? null : attemptBy(ref, input, asked), facts };
    },
    /** Safe to retry: what is not open is left as it is. */
    async writeOff(of: At): Promise<CollectionFacts | null> {
      const found = await ask({ knex, billing }, of);
      if (!found) return null;
      if (invoiceStatusOf(found.asked.invoice.status) !== 'open') return factsOf(knex, found.billed, found.asked, of.now);
      await billing.writeOffInvoice(found.asked.invoice.id);
      return read({ knex, billing }, of);
    },
    /** Safe to retry, and when there is no subscription: one that is cancelled stays so. */
    async endSubscription({ tenantId, invoiceId }: OfInvoice): Promise<void> {
      const billed = await findBilled(knex, tenantId, invoiceId);
      if (billed?.stripe_subscription_id) await billing.cancelSubscription(billed.stripe_subscription_id);
    },
  });
export type ChargeActivities = ReturnType<typeof createChargeActivities>;

type Deps = Pick<ChargeDeps, 'knex' | 'billing'>;

/** Asks Stripe for the invoice and its payer. */
async function ask({ knex, billing }: Deps, { tenantId, invoiceId }: OfInvoice): Promise<{ billed: Billed; asked: Asked } | undefined> {
  const billed = await findBilled(knex, tenantId, invoiceId);
  const asked = billed && (await billing.readOwed(billed.stripe_invoice_id));
  return asked && { billed, asked };
}

async function read(deps: Deps, of: At): Promise<CollectionFacts | null> {
  const found = await ask(deps, of);
  return found ? factsOf(deps.knex, found.billed, found.asked, of.now) : null;
}

function attemptBy(ref: string, { invoiceId, methodId, attempt, now }: ChargeInput, { invoice, payer }: Asked): Attempt {
  const payment = invoice.payments.find(({ id }) => id === ref);
  if (payment) return { ...attemptOf(payment, payer.methods), at: now };
  const { card, brand } = payer.methods.find(({ id }) => id === methodId) ?? { card: methodId, brand: 'other' };
  const made = { id: `charge:${invoiceId}:${attempt}`, at: now, methodId, card, brand };
  if (ref === unavailable) return { ...made, outcome: 'unavailable' };
  return { ...made, outcome: 'declined', ...(ref.startsWith(refusal) ? { declineCode: ref.slice(refusal.length) } : {}) };
}
