import Table from 'cli-table3';
import { loadProcesses } from '../../../processes/support/registry.ts';
import { findBundle } from '../../../workers/bundle.ts';
import { difference } from './anonymous.ts';
import { type Lane, openLane, type Outcome } from './lane.ts';
import { type Row, rowsOf } from './rows.ts';
import { worldOf } from './world.ts';

export interface Choice {
  /** Only the process of this name. */
  readonly process?: string | undefined;
  /** Only activities and vendors' operations whose name has this in it. */
  readonly activity?: string | undefined;
  /** Only moments whose words have this in them. */
  readonly moment?: string | undefined;
  /** How many runs at a time. */
  readonly lanes: number;
}
interface Result {
  readonly row: Row;
  readonly problems: readonly string[];
  readonly seconds: number;
}

/** Runs the rows chosen and prints them. Resolves to whether all ended as if nothing had happened, and there were any. */
export async function runMatrix(choice: Choice): Promise<boolean> {
  const beganAt = performance.now();
  const { codePath } = await findBundle();
  const lanes = await Promise.all(Array.from({ length: choice.lanes }, () => openLane(codePath)));
  try {
    const rows = (await plan(lanes, choice)).filter((row) => isChosen(row, choice));
    const results: Result[] = [];
    const left = [...rows];
    const work = async (lane: Lane): Promise<void> => {
      for (let row = left.shift(); row; row = left.shift()) results.push(tell(await attempt(lane, row), results.length + 1, rows.length));
    };
    await Promise.all(lanes.map(work));
    const bad = results.filter(({ problems }) => problems.length > 0);
    print(results, rows);
    const effects = bad.flatMap(({ problems }) => problems.filter((problem) => problem.includes(' effect ')));
    const count = (kind: string): number => effects.filter((problem) => problem.startsWith(kind)).length;
    console.log(`${results.length - bad.length} passing, ${bad.length} failing, ${count('lost')} effects lost, ${count('extra')} too many`);
    console.log(`${Math.round((performance.now() - beganAt) / 1_000)} s in all`);
    return bad.length === 0 && results.length > 0;
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

/**
 * Runs each example undisturbed, twice in every lane: the first run also makes what the platform makes once. What the second ones come to
 * must be the same, or nothing could be told from a difference.
 */
async function plan(lanes: readonly Lane[], choice: Choice): Promise<Row[]> {
  const rows: Row[] = [];
  for (const process of (await loadProcesses()).all.filter(({ name }) => !choice.process || name === choice.process)) {
    const known = new Set<string>();
    for (const [exampleName, example] of Object.entries(await worldOf(process.name))) {
      await Promise.all(lanes.map((lane) => lane.run(process, example)));
      const [first, ...others] = await Promise.all(lanes.map((lane) => lane.run(process, example)));
      if (!first) throw new Error('There is no lane to run in.');
      const slips = [
        ...(first.deaths > 0 ? [`the worker died: ${first.lastWords}`] : []),
        ...others.flatMap((other) => compare(first, other)),
      ];
      if (slips.length > 0) throw new Error(`${process.name} is not the same twice, undisturbed:\n${slips.join('\n')}`);
      rows.push(...rowsOf({ process, example, exampleName, undisturbed: first }, known));
    }
  }
  return rows;
}

const isChosen = ({ what, moment }: Row, choice: Choice): boolean =>
  what.includes(choice.activity ?? '') && moment.includes(choice.moment ?? '');

type Lines = Pick<Outcome, 'lines'>;
const compare = (undisturbed: Lines, disturbed: Lines): string[] => [
  ...difference(undisturbed.lines, disturbed.lines).map((line) => `lost: ${line}`),
  ...difference(disturbed.lines, undisturbed.lines).map((line) => `extra: ${line}`),
];
/** An idempotency key under which a vendor repeats a failure for ever is good for nothing: the effect comes about under another. */
const keysAside = ({ lines }: Lines): Lines => ({ lines: lines.map((line) => line.replace(/^(effect \S+ \S+ \S+) \S+ /, '$1 ANY-KEY ')) });

async function attempt(lane: Lane, row: Row): Promise<Result> {
  const { process, example, disturbance, undisturbed } = row;
  const outcome = await lane.run(process, example, disturbance);
  const expected = disturbance.doom ? 1 : 0;
  const died = outcome.deaths === expected ? [] : [`the worker died ${outcome.deaths} times, not ${expected}`];
  const view = disturbance.fault?.stored ? keysAside : (lines: Lines): Lines => lines;
  return { row, problems: [...died, ...compare(view(undisturbed), view(outcome))], seconds: outcome.seconds };
}

function tell(result: Result, number: number, of: number): Result {
  const { row, problems, seconds } = result;
  const word = problems.length === 0 ? 'same' : 'DIFFERS';
  console.log(`${number}/${of} ${row.process.name}, ${row.exampleName}: ${row.what}, ${row.moment}: ${word}, ${seconds.toFixed(1)} s`);
  for (const problem of problems) console.log(`    ${problem.slice(0, 600)}`);
  return result;
}

function print(results: readonly Result[], order: readonly Row[]): void {
  const table = new Table({
    head: ['process', 'example', 'activity or vendor', 'moment', 'result', 'seconds'],
    style: { head: [], border: [] },
  });
  for (const { row, problems, seconds } of [...results].sort((a, b) => order.indexOf(a.row) - order.indexOf(b.row)))
    table.push([row.process.name, row.exampleName, row.what, row.moment, problems.length === 0 ? 'same' : 'DIFFERS', seconds.toFixed(1)]);
  console.log(table.toString());
}
