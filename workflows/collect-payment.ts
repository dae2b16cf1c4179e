import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChargeActivities } from '../activities/charges.ts';
import type { CollectionActivities } from '../activities/collection.ts';
import type { DunningMailActivities } from '../activities/dunning-mail.ts';
import type { DunningAction } from '../domain/dunning/decision.ts';
import type { Instant } from '../domain/dunning/instant.ts';
import { refusalOf, type StaffMessage } from '../domain/dunning/refusals.ts';
import type { RunContext } from '../domain/run.ts';
import type { CollectionView, CollectPaymentInput, CollectPaymentResult, PauseInput, Told } from './collect-payment.messages.ts';
import { CollectionLedger } from './support/collection-ledger.ts';
import { runProcess, type Steps } from './support/process.ts';
import { database, sendgrid, stripe, undoing } from './support/proxies.ts';

const stores = database<CollectionActivities>();
const giveBack = undoing<CollectionActivities>();
const charges = stripe.service<ChargeActivities>();
const mails = sendgrid.longRunning<DunningMailActivities>();

export const collection = defineQuery<CollectionView>('collection');
/** Sent by mirror-billing: something of the invoice, or of how its customer pays, has changed. What, is asked for. */
export const billingMoved = defineSignal('billing-moved');
/** A mail of ours did not arrive. Which, is asked for. */
export const mailBounced = defineSignal('mail-bounced');
const pause = defineUpdate<Told, [PauseInput]>('pause');
const resume = defineUpdate<Told, [object]>('resume');
const retryNow = defineUpdate<Told, [object]>('retry-now');
const exempt = defineUpdate<Told, [object]>('exempt');
const forgive = defineUpdate<Told, [object]>('forgive');

/** Word from outside that has not been looked at yet. */
interface Heard {
  moved: boolean;
  bounced: boolean;
  /** An attempt is under way. */
  charging: boolean;
}

/** Collects one unpaid invoice: decides by the policy, does it, records it, and waits for the next moment or event. It decides nothing itself. */
export async function collectPayment(input: CollectPaymentInput): Promise<CollectPaymentResult> {
  return runProcess(input.run, ['take-over', 'collect'], (steps) => collect(input, steps));
}

async function collect(input: CollectPaymentInput, steps: Steps): Promise<CollectPaymentResult> {
  const { invoiceId, carried, run } = input;
  const of = { tenantId: run.tenantId, invoiceId };
  const heard: Heard = { moved: false, bounced: false, charging: false };
  let ledger = carried && new CollectionLedger(carried);
  listen(steps, heard, () => ledger);

  if (carried) steps.skip('take-over', 'done before');
  else {
    const begun = await steps.step('take-over', () => charges.beginCollection({ ...of, now: Date.now() }), {
      detail: (begun) => (begun?.policy.owner === 'stripe' ? 'Stripe keeps the retries' : undefined),
    });
    if (begun) ledger = new CollectionLedger({ ...begun, decisions: [], unchecked: [] });
  }
  if (!ledger) return { outcome: 'gone', attempts: 0, mails: 0, decisions: [] };
  const collection = { of, run, heard, ledger, tell: (words: string) => steps.detail('collect', words) };
  // Whoever ends the collecting ends what it had taken, too: nobody would ever give it back.
  const undo = (): Promise<unknown> => giveBack.changeAccess({ ...of, to: 'full', run });
  const outcome = await steps.step('collect', () => loop(collection), { undo });
  if (outcome !== undefined) return ledger.result(outcome);
  await condition(allHandlersFinished);
  return continueAsNew<typeof collectPayment>({ ...input, carried: ledger.carried() });
}

interface Collection {
  readonly of: { readonly tenantId: string; readonly invoiceId: string };
  readonly run: RunContext;
  readonly heard: Heard;
  readonly ledger: CollectionLedger;
  readonly tell: (words: string) => void;
}

/** Until the policy says that it ends; undefined when the history has grown so long that another one must go on. */
async function loop(collection: Collection): Promise<CollectPaymentResult['outcome'] | undefined> {
  const { heard, ledger, tell } = collection;
  for (;;) {
    if (heard.moved && !(await readAgain(collection))) return 'gone';
    if (heard.bounced) await findBounces(collection);
    const now = Date.now();
    const { action, reason } = ledger.decide(now);
    if (action.kind === 'wait' || action.kind === 'end') tell(reason);
    if (action.kind === 'end') return action.outcome;
    if (action.kind !== 'wait') {
      if (!(await act(collection, action, now))) return 'gone';
    } else if (workflowInfo().continueAsNewSuggested) return undefined;
    else await wait(collection, action);
  }
}

async function wait(collection: Collection, { until, for: what }: Extract<DunningAction, { kind: 'wait' }>): Promise<void> {
  const { heard, ledger } = collection;
  const seen = ledger.changes;
  const woken = await condition(() => heard.moved || heard.bounced || ledger.changes !== seen, Math.max(until - Date.now(), 1));
  // Whether money that was on its way has arrived: nobody may have told.
  if (!woken && what === 'settlement') heard.moved = true;
  if (ledger.unchecked.length > 0) heard.bounced = true;
}

/** False when there is no such invoice any more. */
async function readAgain({ of, heard, ledger }: Collection): Promise<boolean> {
  heard.moved = false;
  const facts = await charges.readCollection({ ...of, now: Date.now() });
  if (facts) ledger.observe(facts, Date.now());
  return facts !== null;
}

async function findBounces({ of, heard, ledger }: Collection): Promise<void> {
  heard.bounced = false;
  if (ledger.unchecked.length === 0) return;
  const { contacts } = await mails.findBounces({ ...of, letters: ledger.unchecked });
  for (const contact of contacts) ledger.record({ type: 'mail-bounced', contact });
  ledger.checked(Date.now());
}

type Act = Exclude<DunningAction, { kind: 'wait' | 'end' }>;

/** Does what was decided and records what came of it. False when there is no such invoice any more. */
async function act(collection: Collection, action: Act, now: Instant): Promise<boolean> {
  const { of, run, ledger } = collection;
  switch (action.kind) {
    case 'charge':
      return charge(collection, action, now);
    case 'mail':
    case 'ask': {
      const { step, template, contact } = action;
      const { outcome, status } = await mails.sendDunningMail({ ...of, step, template, contact });
      if (outcome === 'settled') ledger.record({ type: 'invoice-changed', status });
      else if (outcome === 'unreachable') ledger.record({ type: 'mail-bounced', contact });
      else ledger.done(action, now);
      return true;
    }
    case 'degrade':
    case 'restore': {
      const to = action.kind === 'restore' ? 'full' : action.to;
      const { status } = await stores.changeAccess({ ...of, to, run });
      if (status !== 'open' && to !== 'full') {
        ledger.record({ type: 'invoice-changed', status });
        return true;
      }
      if (to === 'cancelled') await charges.endSubscription(of);
      ledger.done(action, now);
      return true;
    }
    case 'write-off': {
      const facts = await charges.writeOff({ ...of, now });
      if (facts) ledger.observe(facts, now);
      return facts !== null;
    }
    default:
      return action satisfies never;
  }
}

async function charge({ of, heard, ledger }: Collection, action: Extract<Act, { kind: 'charge' }>, now: Instant): Promise<boolean> {
  const { methodId, attempt } = action;
  heard.charging = true;
  try {
    const answer = await charges.charge({ ...of, methodId, attempt, now });
    if (answer) ledger.attempted(action, answer, now);
    return answer !== null;
  } finally {
    heard.charging = false;
  }
}

/** Takes what staff and other runs say, before anything else is done. */
function listen({ onUpdate }: Steps, heard: Heard, known: () => CollectionLedger | undefined): void {
  setHandler(billingMoved, () => void (heard.moved = true));
  setHandler(mailBounced, () => void (heard.bounced = true));
  setHandler(collection, () => known()?.view(Date.now()) ?? { decisions: [], outlook: [] });

  const when = (): boolean => known() !== undefined;
  const take = (message: StaffMessage): Told => {
    known()?.record(message);
    return known()?.next(Date.now()) ?? { action: 'wait', rule: 'nothing-due', reason: '' };
  };
  const refusal = (message: StaffMessage): string | undefined => {
    const ledger = known();
    return ledger && refusalOf(ledger.policy, ledger.history, message, Date.now());
  };
  const paused = ({ until }: PauseInput): StaffMessage => ({
    type: 'paused',
    at: Date.now(),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
  });
  const retry = (): StaffMessage => ({ type: 'retry-requested', at: Date.now() });
  const resumed = (): StaffMessage => ({ type: 'resumed', at: Date.now() });
  onUpdate(pause, (body) => take(paused(body)), { when, refuse: (body) => refusal(paused(body)) });
  onUpdate(resume, () => take(resumed()), { when, refuse: () => refusal(resumed()) });
  onUpdate(retryNow, () => take(retry()), {
    when,
    refuse: () => (heard.charging ? 'An attempt is under way at this moment.' : refusal(retry())),
  });
  onUpdate(exempt, () => take({ type: 'exempted' }), { when, refuse: () => refusal({ type: 'exempted' }) });
  onUpdate(forgive, () => take({ type: 'forgiven' }), { when, refuse: () => refusal({ type: 'forgiven' }) });
}
