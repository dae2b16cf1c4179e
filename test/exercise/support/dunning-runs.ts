import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Begun } from '../../../activities/charges.ts';
import { day, hour } from '../../../domain/dunning/instant.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { newId } from '../../../platform/ids.ts';
import type { CollectPaymentResult } from '../../../workflows/collect-payment.messages.ts';
import { type History, openedHistory } from '../../support/opened-history.ts';
import type { Script } from '../../workflows/support/bare-collection.ts';
import type { Collecting, Owing } from '../../workflows/support/collecting.ts';
import type { DunningCase } from './dunning-cases.ts';
import { type Expected, expectedOf } from './dunning-model.ts';
import { sideBySide } from './side-by-side.ts';

export type Failing = Owing & DunningCase;
export interface Collected {
  readonly of: Failing;
  readonly result: CollectPaymentResult;
  readonly expected: Expected;
  readonly events: number;
  /** What it did, for a bare run to do the same. */
  readonly script: Script;
}
/** A run that has ended, before its history is read. */
export interface Ended {
  readonly of: Failing;
  readonly handle: WorkflowHandle;
  readonly result: CollectPaymentResult;
}
const preparedAtATime = 8;
const readAtATime = 8;

export const prepare = (collecting: Collecting, cases: readonly DunningCase[]): Promise<Failing[]> =>
  sideBySide(cases, preparedAtATime, async (of) => ({ ...(await collecting.owing({ cards: of.cards })), ...of }));

/** Runs all, as mirror-billing would start them. `seconds`: from the first start to the last end. */
export async function collectAll(collecting: Collecting, failing: readonly Failing[], atATime: number) {
  const { client, taskQueue } = collecting;
  const began = performance.now();
  const ended = await sideBySide(failing, atATime, async (of): Promise<Ended> => {
    const { tenantId, invoiceId } = of;
    const run = { runId: newId(), requestId: newId(), tenantId, startedBy: platformTenantId, scheduled: { process: 'collect-payment' } };
    const workflowId = workflowIdOf('collect-payment', tenantId, invoiceId);
    const handle = await client.workflow.start('collectPayment', { workflowId, taskQueue, args: [{ invoiceId, run }] });
    return { of, handle, result: (await handle.result()) as CollectPaymentResult };
  });
  return { seconds: (performance.now() - began) / 1_000, ended };
}

/** Reads what runs that have ended did. */
export const lookAtAll = (ended: readonly Ended[]): Promise<Collected[]> =>
  sideBySide(ended, readAtATime, ({ of, handle, result }) => lookAt(of, handle, result));

async function lookAt(of: Failing, handle: WorkflowHandle, result: CollectPaymentResult): Promise<Collected> {
  const [{ historyLength }, history] = await Promise.all([handle.describe(), openedHistory(handle)]);
  return { of, result, expected: expectedOf(begunOf(history), of), events: historyLength, script: scriptOf(history) };
}

type Event = NonNullable<History['events']>[number];
const nameOf = (event: Event): string => event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';

function scriptOf({ events }: History): Script {
  return (events ?? []).flatMap((event): (string | number)[] => {
    const { seconds, nanos } = event.timerStartedEventAttributes?.startToFireTimeout ?? {};
    if (event.timerStartedEventAttributes) return [Number(seconds ?? 0) * 1_000 + Math.ceil((nanos ?? 0) / 1e6)];
    return nameOf(event) === '' ? [] : [nameOf(event)];
  });
}

/** Where the run itself began: what its first activity answered. */
function begunOf({ events }: History): Begun {
  const asked = events?.find((event) => nameOf(event) === 'beginCollection');
  const answers = events?.flatMap(({ activityTaskCompletedEventAttributes: answer }) => answer ?? []) ?? [];
  const payload = answers.find(({ scheduledEventId }) => String(scheduledEventId) === String(asked?.eventId))?.result?.payloads?.[0];
  if (!payload) throw new Error('A run did not begin.');
  return defaultPayloadConverter.fromPayload<Begun>(payload);
}

/** How much others did before. */
interface Done {
  readonly charges: number;
  readonly mails: number;
}
export async function doneSoFar(collecting: Collecting): Promise<Done> {
  const [charges, mails] = await Promise.all([chargesOf(collecting), collecting.mails()]);
  return { charges: charges.length, mails: mails.length };
}

/**
 * In what the runs, the charges and the mails are other than the pure function says: nothing, when all is well.
 * @param before what is not to be looked at
 */
export async function differencesOf(
  collecting: Collecting,
  collected: readonly Collected[],
  before: Done = { charges: 0, mails: 0 },
): Promise<string[]> {
  const [allCharges, allMails] = await Promise.all([chargesOf(collecting), collecting.mails()]);
  const [charges, mails] = [allCharges.slice(before.charges), allMails.slice(before.mails)];
  const sent = mails.map(({ customArgs }) => customArgs['dedup_key'] ?? '');
  const chargesDue = collected.flatMap(({ of, expected }) => expected.charged.map((attempt) => `charge:${of.invoiceId}:${attempt}`));
  const mailsDue = collected.flatMap(({ of, expected }) => expected.mails.map((mail) => `dunning:${of.invoiceId}:${mail}`));
  return [...collected.flatMap(courseDiffers), ...compare('charge', charges, chargesDue), ...compare('mail', sent, mailsDue)];
}

/** Every payment that Stripe was asked for, with a business key or without. */
const chargesOf = async ({ stripe }: Collecting): Promise<string[]> =>
  (await stripe.control.ledger())
    .filter(({ operation }) => operation.endsWith('/pay'))
    .map(({ businessKey, id }) => businessKey ?? `unnamed, of ${id}`);

const countOf = (items: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};

function compare(what: string, found: readonly string[], due: readonly string[]): string[] {
  const [ours, theirs] = [countOf(found), countOf(due)];
  return [...new Set([...found, ...due])]
    .filter((key) => ours.get(key) !== theirs.get(key))
    .map((key) => `${what} ${key}: ${ours.get(key) ?? 0} times instead of ${theirs.get(key) ?? 0}`);
}

/** Times of a run are later than those of the model by what the work takes: an hour is too much. */
function courseDiffers({ of, result, expected }: Collected): string[] {
  const told = (decisions: CollectPaymentResult['decisions']): string =>
    decisions.map(({ action, rule, reason }) => `${action} ${rule} ${reason}`).join('\n');
  const late = result.decisions.some(({ at }, place) => Math.abs(Date.parse(at) - Date.parse(expected.decisions[place]?.at ?? at)) > hour);
  const wrong = [
    ...(result.outcome === expected.outcome ? [] : [`ended ${result.outcome} instead of ${expected.outcome}`]),
    ...(result.attempts === expected.attempts ? [] : [`${result.attempts} attempts instead of ${expected.attempts}`]),
    ...(result.mails === expected.mails.length ? [] : [`${result.mails} mails instead of ${expected.mails.length}`]),
    ...(told(result.decisions) === told(expected.decisions)
      ? []
      : [`decided\n${told(result.decisions)}\ninstead of\n${told(expected.decisions)}`]),
    ...(late ? ['decided at other times'] : []),
  ];
  return wrong.map((words) => `${of.cards.join(', ')}: ${words}`);
}

/** How long the longest run took by its own clock, in days. */
export const longestDays = (collected: readonly Collected[]): number =>
  Math.max(
    ...collected.map(({ result: { decisions } }) => (Date.parse(decisions.at(-1)?.at ?? '') - Date.parse(decisions[0]?.at ?? '')) / day),
  );
