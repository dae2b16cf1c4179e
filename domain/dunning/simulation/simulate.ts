import { decide } from '../decide.ts';
import type { DunningAction, DunningOutcome } from '../decision.ts';
import { type Attempt, beginHistory, type InvoiceHistory, recordEvent } from '../history.ts';
import { day, type Instant } from '../instant.ts';
import { doneEvent } from '../outlook.ts';
import type { DunningPolicy } from '../policy.ts';
import { actsAfter, approves, bounces, type Customer } from './model.ts';

/** What became of one invoice under one policy. */
export interface Simulated {
  readonly outcome: DunningOutcome;
  /** From the failure to the payment; absent when there was none. */
  readonly days: number | undefined;
  /** Made by the platform: the failure itself is not one of them. */
  readonly attempts: number;
  readonly mails: number;
}

const mostDecisions = 1_000;

/** Changed as it goes: a hundred thousand of them are run at a time. */
interface Run {
  history: InvoiceHistory;
  now: Instant;
  /** When the customer does what the mails ask for. */
  actsAt: Instant;
  attempts: number;
  mails: number;
  paidAt: Instant | undefined;
}

/**
 * Runs a policy over one failed payment by the same function that decides in production. Throws when the policy does not end it:
 * that would be a defect of the decision, not of the policy.
 */
export function simulateInvoice(policy: DunningPolicy, customer: Customer): Simulated {
  const { invoice } = customer;
  const run: Run = { history: historyOf(customer), now: invoice.failedAt, actsAt: Infinity, attempts: 0, mails: 0, paidAt: undefined };
  for (let count = 0; count < mostDecisions; count += 1) {
    if (run.actsAt <= run.now) act(run, customer);
    const { action } = decide(policy, run.history, undefined, run.now);
    if (action.kind === 'end') {
      const days = run.paidAt === undefined ? undefined : (run.paidAt - invoice.failedAt) / day;
      return { outcome: action.outcome, days, attempts: run.attempts, mails: run.mails };
    }
    step(run, action, customer);
  }
  throw new Error(`Invoice ${invoice.id} does not end under the policy '${policy.name}'.`);
}

const methodOf = (id: string, brand: string, since: Instant) => ({ id, card: id, brand, since });

function historyOf({ invoice, zone }: Customer): InvoiceHistory {
  const { id, amountMinor, currency, failedAt, brand, backupBrand, declineCode, adviceCode } = invoice;
  const first = methodOf('first', brand, failedAt - day);
  const failure: Attempt = {
    id: 'failure',
    at: failedAt,
    methodId: 'first',
    card: 'first',
    brand,
    outcome: 'declined',
    declineCode,
    adviceCode,
  };
  return beginHistory({
    invoice: { id, amountMinor, currency },
    since: failedAt,
    zone,
    contacts: ['first', 'second'],
    methods: backupBrand ? [first, methodOf('backup', backupBrand, failedAt - day)] : [first],
    attempts: [failure],
  });
}

function step(run: Run, action: DunningAction, customer: Customer): void {
  if (action.kind === 'wait') {
    run.now = Math.max(run.now, Math.min(action.until, run.actsAt));
    return;
  }
  if (action.kind === 'charge') {
    charge(run, action.methodId, customer);
    return;
  }
  const event = doneEvent(action, run.now);
  if (event) run.history = recordEvent(run.history, event);
  if (action.kind !== 'mail' && action.kind !== 'ask') return;
  if (action.contact === 'first' && bounces(customer))
    run.history = recordEvent(run.history, { type: 'mail-bounced', contact: action.contact });
  else run.actsAt = Math.min(run.actsAt, actsAfter(customer, run.mails, action.step.startsWith('degrade-'), run.now));
  run.mails += 1;
}

function charge(run: Run, methodId: string, customer: Customer): void {
  const { id, card, brand } = run.history.methods.find((method) => method.id === methodId) ?? methodOf(methodId, 'other', run.now);
  const isApproved = approves(customer, id === 'first' || id === 'backup' ? id : 'new', run.now);
  run.attempts += 1;
  const declineCode = id === 'first' ? customer.invoice.declineCode : 'generic_decline';
  const answer = isApproved ? ({ outcome: 'succeeded' } as const) : ({ outcome: 'declined', declineCode } as const);
  const attempt: Attempt = { id: `attempt ${run.attempts}`, at: run.now, methodId: id, card, brand, ...answer };
  run.history = recordEvent(run.history, { type: 'attempted', attempt });
  if (isApproved) pay(run);
}

function pay(run: Run): void {
  run.history = recordEvent(run.history, { type: 'invoice-changed', status: 'paid' });
  run.paidAt = run.now;
}

/** Who must authenticate pays by the link; anybody else gives a new card, which the policy then charges. */
function act(run: Run, { decline }: Customer): void {
  run.actsAt = Infinity;
  if (decline.track === 'authentication') pay(run);
  else run.history = recordEvent(run.history, { type: 'payment-methods-changed', methods: [methodOf(`new ${run.now}`, 'visa', run.now)] });
}
