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

const momentsOf = (writes: readonly string[]): Moment[] => {
  if (writes.length === 0) return ['before', 'after'];
  const count = Math.min(writes.length, mostWrites);
  return ['before', ...Array.from({ length: count }, (_, index) => Math.round(((index + 1) * writes.length) / count))];
};

const wordsOf = (moment: Moment, writes: readonly string[]): string =>
  typeof moment === 'number' ? `write ${moment} of ${writes.length}: ${writes[moment - 1]?.replace(/[0-9a-f-]{36}/g, '…')}` : moment;

/** The client of Stripe tries once more by itself when a connection breaks: break two. */
const faults: Readonly<Record<string, Omit<FaultRule, 'method' | 'path'>>> = {
  'line cut before': { kind: 'reset-before', times: 2 },
  'line cut after': { kind: 'reset-after', times: 2 },
  'answers 503': { kind: 'status', status: 503, times: 2 },
  'answers 429': { kind: 'status', status: 429, times: 2 },
  // Stripe alone keeps the answer of a failed request under its idempotency key.
  'answers 500 for ever': { kind: 'status', status: 500, stored: true },
};

/**
 * The rows that an undisturbed run calls for: its activities by what they wrote, its vendors by what they did. `known`: what is disturbed
 * in an earlier example of the process, and is passed over; what is found is added.
 */
export function rowsOf(of: Pick<Row, 'process' | 'example' | 'exampleName' | 'undisturbed'>, known: Set<string>): Row[] {
  const { writes, effects } = of.undisturbed;
  const isNew = (what: string): boolean => !known.has(what) && Boolean(known.add(what));
  const crashes = [...writes]
    .filter(([activity]) => isNew(activity))
    .flatMap(([activity, written]) =>
      momentsOf(written).map((moment) => ({
        ...of,
        what: activity,
        moment: wordsOf(moment, written),
        disturbance: { doom: { activity, moment } },
      })),
    );
  const failures = effects
    .filter(({ vendor, operation }) => isNew(`${vendor} ${operation}`))
    .flatMap(({ vendor, operation }) => {
      const [method = '', path = ''] = operation.replace(/\{\w+\}/g, '*').split(' ');
      return Object.entries(faults)
        .filter(([, fault]) => vendor === 'stripe' || !('stored' in fault))
        .map(([moment, fault]) => ({
          ...of,
          what: `${vendor} ${operation}`,
          moment,
          disturbance: { fault: { vendor: vendor as VendorName, method, path, ...fault } },
        }));
    });
  return [...crashes, ...failures];
}
