import type { Process } from '../../../processes/support/define.ts';
import type { FaultRule } from '../../../sandboxes/support/faults.ts';
import type { VendorName } from '../../../sandboxes/support/start.ts';
import type { Disturbance, Outcome } from './lane.ts';
import type { Moment } from './protocol.ts';
import type { Example } from './world.ts';

/** One run to be disturbed, and what it is compared with. */
export interface Row {
  readonly process: Process;
  readonly example: Example;
  readonly exampleName: string;
  /** The activity that is killed, or the vendor's operation that fails. */
  readonly what: string;
  readonly moment: string;
  readonly disturbance: Disturbance;
  readonly undisturbed: Outcome;
}

/** An activity that writes in many small steps is killed after this many of them, the last among them, spread evenly. */
const mostWrites = 6;
/** An activity that a run calls more often than this is killed in its first call and in its last. */
const mostCalls = 3;
const callsOf = (count: number, every: boolean): number[] =>
  every || count <= mostCalls ? Array.from({ length: count }, (_, index) => index + 1) : [1, count];

const momentsOf = (writes: readonly string[]): Moment[] => {
  // Without an effect there is no moment before it.
  if (writes.length === 0) return ['after'];
  const count = Math.min(writes.length, mostWrites);
  return ['before', ...Array.from({ length: count }, (_, index) => Math.round(((index + 1) * writes.length) / count))];
};

const wordsOf = (moment: Moment, writes: readonly string[]): string =>
  typeof moment === 'number' ? `write ${moment} of ${writes.length}: ${writes[moment - 1]?.replace(/[0-9a-f-]{36}/g, '…')}` : moment;

/** Of an operation that an earlier process was disturbed in, in every way, these are left: a line cut on either side of the effect. */
const cuts: ReadonlySet<string> = new Set(['line cut before', 'line cut after']);
/** The client of Stripe tries once more by itself when a connection breaks: break two. */
const faults: Readonly<Record<string, Omit<FaultRule, 'method' | 'path'>>> = {
  'line cut before': { kind: 'reset-before', times: 2 },
  'line cut after': { kind: 'reset-after', times: 2 },
  'answers 503': { kind: 'status', status: 503, times: 2 },
  'answers 429': { kind: 'status', status: 429, times: 2 },
  // Stripe alone keeps the answer of a failed request under its idempotency key.
  'answers 500 for ever': { kind: 'status', status: 500, stored: true },
};

type Given = Pick<Row, 'process' | 'example' | 'exampleName' | 'undisturbed'>;
type IsNew = (what: string) => boolean;

/**
 * The rows that an undisturbed run calls for: its activities by what they wrote, the messages it is sent, its vendors by what they did.
 * `known`: what is disturbed in an earlier example of the process, and is passed over; `disturbed`: operations that an earlier process was
 * disturbed in; what is found is added to both.
 */
export function rowsOf(of: Given, known: Set<string>, disturbed: Set<string> = new Set()): Row[] {
  const isNew: IsNew = (what) => !known.has(what) && Boolean(known.add(what));
  return [...crashesOf(of, isNew), ...interruptionsOf(of), ...failuresOf(of, isNew, disturbed)];
}

const crashesOf = (of: Given, isNew: IsNew): Row[] =>
  [...of.undisturbed.calls].flatMap(([activity, calls]) =>
    callsOf(calls.length, of.example.everyCall?.includes(activity) ?? false)
      .filter((call) => isNew(`${activity} ${call}`))
      .flatMap((call) => {
        const written = calls[call - 1] ?? [];
        return momentsOf(written).map((moment) => ({
          ...of,
          what: calls.length > 1 ? `${activity}, call ${call} of ${calls.length}` : activity,
          moment: wordsOf(moment, written),
          disturbance: { doom: { activity, call, moment } },
        }));
      }),
  );

/** Killed between two activities, beside each message of the example: one is never passed over. */
const interruptionsOf = (of: Given): Row[] =>
  (of.example.messages ?? []).flatMap(({ name, at }, message) =>
    (['before', 'after'] as const).map((moment) => ({
      ...of,
      what: `message ${name} at ${at}`,
      moment: moment === 'before' ? 'before it is sent' : 'after it is taken',
      disturbance: { spoken: { message, moment } },
    })),
  );

function failuresOf(of: Given, isNew: IsNew, disturbed: Set<string>): Row[] {
  return of.undisturbed.effects
    .filter(({ vendor, operation }) => isNew(`${vendor} ${operation}`))
    .flatMap(({ vendor, operation }) => {
      const [method = '', path = ''] = operation.replace(/\{\w+\}/g, '*').split(' ');
      const isFirst = !disturbed.has(`${vendor} ${operation}`) && Boolean(disturbed.add(`${vendor} ${operation}`));
      return Object.entries(faults)
        .filter(([moment, fault]) => (isFirst || cuts.has(moment)) && (vendor === 'stripe' || !('stored' in fault)))
        .map(([moment, fault]) => ({
          ...of,
          what: `${vendor} ${operation}`,
          moment,
          disturbance: { fault: { vendor: vendor as VendorName, method, path, ...fault } },
        }));
    });
}
