import { workflowInfo } from '@temporalio/workflow';
import type { BillingEventActivities } from '../activities/billing-events.ts';
import type { BillingMirrorActivities, Moved } from '../activities/billing-mirror.ts';
import type { MirrorBillingInput, MirrorBillingResult } from './mirror-billing.messages.ts';
import { signalRun, startRun } from './support/children.ts';
import { runProcess, type Steps } from './support/process.ts';
import { database, stripe } from './support/proxies.ts';

const mirror = stripe.service<BillingMirrorActivities>();
const events = database<BillingEventActivities>();

/** Runs that one run may have started or told: they are remembered as long as it goes on. */
const mostRuns = 400;

type Counts = Omit<MirrorBillingResult, 'listed' | 'found' | 'more'>;

/**
 * Page by page: mirror what stored events named, have failed charges collected, and only then call the events done. Whatever stops it in
 * between, the next run finds the events again, and all of it may be done twice. There is nothing to undo.
 */
export function mirrorBilling({ run, list = false }: MirrorBillingInput): Promise<MirrorBillingResult> {
  return runProcess(run, ['read-events', 'mirror', 'collect', 'settle'], async (process) => {
    const read = await process.step('read-events', () => readEvents(list), {
      detail: ({ listed, found }) => (listed ? `${found} had not come` : 'read within the minute'),
    });
    let total: Counts = { events: 0, refused: 0, started: 0, told: 0 };
    for (;;) {
      const { counts, more } = await mirrorPage(process, total);
      total = counts;
      // What is left has its turn in the next run, a minute later at most: before the history of this one grows too long.
      if (more && total.started + total.told < mostRuns && !workflowInfo().continueAsNewSuggested) continue;
      if (total.events === total.refused) for (const name of ['collect', 'settle']) process.skip(name);
      return { ...read, ...total, more };
    }
  });
}

async function readEvents(list: boolean): Promise<Pick<MirrorBillingResult, 'listed' | 'found'>> {
  let page = await mirror.readEvents({ list });
  let { found } = page;
  while (page.next) {
    page = await mirror.readEvents({ list, at: page.next });
    found += page.found;
  }
  return { listed: page.listed, found };
}

async function mirrorPage({ step }: Steps, before: Counts): Promise<{ counts: Counts; more: boolean }> {
  const {
    done,
    events: count,
    refused,
    moved,
    more,
  } = await step('mirror', () => mirror.mirrorEvents(), {
    detail: (page) => `${before.events + page.events + page.refused} events`,
  });
  const counts = { ...before, events: before.events + count + refused, refused: before.refused + refused };
  if (done.named.length === 0) return { counts, more };
  const { started, told } = await step('collect', () => collect(moved));
  await step('settle', () => events.settleEvents(done));
  return { counts: { ...counts, started: before.started + started, told: before.told + told }, more };
}

/** One after the other: what is written while two act cannot be told apart. */
async function collect(moved: readonly Moved[]): Promise<Pick<Counts, 'started' | 'told'>> {
  let [started, told] = [0, 0];
  for (const { tenantId, invoiceId, needsCollection } of moved) {
    const run = { process: 'collect-payment', workflow: 'collectPayment', tenantId, businessKey: invoiceId };
    if (needsCollection && (await startRun(run, { invoiceId }))) started += 1;
    else if (await signalRun(run, 'billing-moved')) told += 1;
  }
  return { started, told };
}
