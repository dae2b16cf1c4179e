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

/** An activity that writes in many small steps is killed after this many of them, spread evenly. */
const mostMoments = 6;

const momentsOf = (writes: readonly string[]): Moment[] => {
  const count = Math.min(writes.length, mostMoments);
  const spread = Array.from({ length: count }, (_, index) => 1 + Math.round((index * (writes.length - 1)) / Math.max(count - 1, 1)));
  return ['before', ...spread, 'after'];
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

/** All rows that an undisturbed run calls for: its activities by what they wrote, its vendors by what they did. */
export function rowsOf(of: Pick<Row, 'process' | 'example' | 'exampleName' | 'undisturbed'>): Row[] {
  const { writes, effects } = of.undisturbed;
  const crashes = [...writes].flatMap(([activity, written]) =>
    momentsOf(written).map((moment) => ({ ...of, what: activity, moment: wordsOf(moment, written), disturbance: { doom: { activity, moment } } })),
  );
  const operations = new Map(effects.map(({ vendor, operation }) => [`${vendor} ${operation}`, { vendor: vendor as VendorName, operation }]));
  const failures = [...operations].flatMap(([what, { vendor, operation }]) => {
    const [method = '', path = ''] = operation.replace(/\{\w+\}/g, '*').split(' ');
    return Object.entries(faults)
      .filter(([, fault]) => vendor === 'stripe' || !('stored' in fault))
      .map(([moment, fault]) => ({ ...of, what, moment, disturbance: { fault: { vendor, method, path, ...fault } } }));
  });
  return [...crashes, ...failures];
}
