import { findBundle } from '../../../workers/bundle.ts';
import { difference } from './anonymous.ts';
import { compileWorker } from './compile.ts';
import { type Code, type Lane, openLane, type Outcome } from './lane.ts';
import { planRows, type Warm } from './plan.ts';
import { closingOf, keepReport, lineOf, type Result, sumsOf, tableOf } from './report.ts';
import type { Row } from './rows.ts';
import type { Example } from './world.ts';

export interface Choice {
  /** Only the process of this name. */
  readonly process?: string | undefined;
  /** Only activities, messages and vendors' operations whose name has this in it. */
  readonly activity?: string | undefined;
  /** Only moments whose words have this in them. */
  readonly moment?: string | undefined;
  /** How many runs at a time. */
  readonly lanes: number;
  /** Where the report is kept. */
  readonly folder: string;
}

/** Runs the rows chosen and prints them. Resolves to whether all ended as if nothing had happened, and there were any. */
export async function runMatrix(choice: Choice): Promise<boolean> {
  const beganAt = performance.now();
  const [program, { codePath: bundle }] = await Promise.all([compileWorker(), findBundle()]);
  try {
    const results = await inLanes({ program: program.path, bundle }, choice.lanes, (lanes) => runRows(lanes, choice));
    const sums = sumsOf(results);
    const report = [tableOf(results), closingOf(sums, (performance.now() - beganAt) / 1_000)].join('\n');
    console.log(report);
    keepReport(choice.folder, report);
    return sums.rows > 0 && sums.same === sums.rows;
  } finally {
    program.remove();
  }
}

async function inLanes<T>(code: Code, count: number, work: (lanes: readonly Lane[]) => Promise<T>): Promise<T> {
  const lanes = await Promise.all(Array.from({ length: count }, () => openLane(code)));
  try {
    return await work(lanes);
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

async function runRows(lanes: readonly Lane[], choice: Choice): Promise<Result[]> {
  const { rows: all, warm } = await planRows(lanes, choice.process);
  const rows = (choice.process ? all : shortened(all)).filter((row) => isChosen(row, choice));
  const results = new Map<Row, Result>();
  const left = [...rows];
  const work = async (lane: Lane): Promise<void> => {
    for (let row = nextOf(left, lane, warm); row; row = nextOf(left, lane, warm)) {
      await warmUp(lane, row, warm);
      const result = await attempt(lane, row);
      results.set(row, result);
      console.log(lineOf(result, results.size, rows.length));
    }
  };
  await Promise.all(lanes.map(work));
  return rows.flatMap((row) => results.get(row) ?? []);
}

/** Takes a row of an example that has run in the lane, or else of the one that has most rows left. */
function nextOf(left: Row[], lane: Lane, warm: Warm): Row | undefined {
  const mine = left.findIndex(({ example }) => warm.get(example)?.has(lane));
  return left.splice(mine >= 0 ? mine : firstOfMost(left), 1)[0];
}
function firstOfMost(left: readonly Row[]): number {
  const counts = new Map<Example, number>();
  for (const { example } of left) counts.set(example, (counts.get(example) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return left.findIndex(({ example }) => counts.get(example) === most);
}

async function warmUp(lane: Lane, { process, example }: Row, warm: Warm): Promise<void> {
  if (warm.get(example)?.has(lane)) return;
  await lane.run(process, example);
  warm.get(example)?.add(lane);
}

/** Whose runs take longest beside all others: they rewrite the keyring's files, one at a time, and wait for whoever reads them. */
const long: ReadonlySet<string> = new Set(['erase-subject']);

/** Of the long ones each activity that writes is killed once, before it does; all their rows are run by name. */
function shortened(rows: readonly Row[]): Row[] {
  const killed = new Set<string>();
  const isFirst = ({ disturbance: { doom } }: Row): boolean =>
    doom?.moment === 'before' && !killed.has(doom.activity) && Boolean(killed.add(doom.activity));
  const short = rows.filter((row) => !long.has(row.process.name) || isFirst(row));
  console.log(`${rows.length - short.length} more rows by name: ${[...long].join(', ')}`);
  return short;
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
  const expected = disturbance.fault ? 0 : 1;
  const died = outcome.deaths === expected ? [] : [`the worker died ${outcome.deaths} times, not ${expected}`];
  const view = disturbance.fault?.stored ? keysAside : (lines: Lines): Lines => lines;
  return { row, problems: [...died, ...compare(view(undisturbed), view(outcome))], seconds: outcome.seconds };
}
