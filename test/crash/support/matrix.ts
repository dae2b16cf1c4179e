import type { Process } from '../../../processes/support/define.ts';
import { loadProcesses } from '../../../processes/support/registry.ts';
import { findBundle } from '../../../workers/bundle.ts';
import { difference } from './anonymous.ts';
import { compileWorker } from './compile.ts';
import { type Code, type Lane, neverEnds, openLane, type Outcome } from './lane.ts';
import { closingOf, keepReport, lineOf, type Result, sumsOf, tableOf } from './report.ts';
import { type Row, rowsOf } from './rows.ts';
import { worldOf } from './world.ts';

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
  const rows = (await plan(lanes, choice)).filter((row) => isChosen(row, choice));
  const results = new Map<Row, Result>();
  const left = [...rows];
  const work = async (lane: Lane): Promise<void> => {
    for (let row = left.shift(); row; row = left.shift()) {
      const result = await attempt(lane, row);
      results.set(row, result);
      console.log(lineOf(result, results.size, rows.length));
    }
  };
  await Promise.all(lanes.map(work));
  return rows.flatMap((row) => results.get(row) ?? []);
}

/** Too long beside all others: run by name. `erase-subject` writes the keyring's files anew in each run, which waits for whoever reads them. */
const apart: ReadonlySet<string> = new Set(['erase-subject']);

async function plan(lanes: readonly Lane[], choice: Choice): Promise<Row[]> {
  const { all } = await loadProcesses();
  const rows: Row[] = [];
  const disturbed = new Set<string>();
  const isMeant = (name: string): boolean => (choice.process ? name === choice.process : !apart.has(name));
  if (!choice.process) console.log(`Not among these rows, but by name: ${[...apart].join(', ')}`);
  for (const process of all.filter(({ name }) => isMeant(name))) rows.push(...(await planOf(lanes, process, disturbed)));
  return rows;
}

/**
 * Runs each example undisturbed, twice in every lane: the first run also makes what the platform makes once. What the second ones come to
 * must be the same, or nothing could be told from a difference.
 */
async function planOf(lanes: readonly Lane[], process: Process, disturbed: Set<string>): Promise<Row[]> {
  const known = new Set<string>();
  const rows: Row[] = [];
  for (const [exampleName, example] of Object.entries(await worldOf(process.name))) {
    await Promise.all(lanes.map((lane) => lane.run(process, example)));
    const [first, ...others] = await Promise.all(lanes.map((lane) => lane.run(process, example)));
    if (!first) throw new Error('There is no lane to run in.');
    const slips = [
      ...(first.deaths > 0 ? [`the worker died: ${first.lastWords}`] : []),
      ...first.lines.filter((line) => line.startsWith(neverEnds)),
      ...others.flatMap((other) => compare(first, other)),
    ];
    if (slips.length > 0) throw new Error(`${process.name}, ${exampleName}, is not the same twice, undisturbed:\n${slips.join('\n')}`);
    rows.push(...rowsOf({ process, example, exampleName, undisturbed: first }, known, disturbed));
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
  const expected = disturbance.fault ? 0 : 1;
  const died = outcome.deaths === expected ? [] : [`the worker died ${outcome.deaths} times, not ${expected}`];
  const view = disturbance.fault?.stored ? keysAside : (lines: Lines): Lines => lines;
  return { row, problems: [...died, ...compare(view(undisturbed), view(outcome))], seconds: outcome.seconds };
}
