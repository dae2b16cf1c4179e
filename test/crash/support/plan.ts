import type { Process } from '../../../processes/support/define.ts';
import { loadProcesses } from '../../../processes/support/registry.ts';
import { type Lane, neverEnds, type Outcome } from './lane.ts';
import { type Row, rowsOf } from './rows.ts';
import { type Example, worldOf } from './world.ts';

/** Lanes in which an example has run: the first run there also makes what the platform makes once. */
export type Warm = ReadonlyMap<Example, Set<Lane>>;

interface Planned {
  readonly process: Process;
  readonly exampleName: string;
  readonly example: Example;
}

/** Of the process of this name, or of all. */
async function examplesOf(name: string | undefined): Promise<Planned[]> {
  const { all } = await loadProcesses();
  const worlds = all
    .filter((process) => !name || process.name === name)
    .map(async (process) =>
      Object.entries(await worldOf(process.name)).map(([exampleName, example]) => ({ process, exampleName, example })),
    );
  return (await Promise.all(worlds)).flat();
}

/** Runs each example undisturbed, in one lane each, and makes the rows that follow, in the order of the catalogue. */
export async function planRows(lanes: readonly Lane[], process: string | undefined): Promise<{ rows: Row[]; warm: Warm }> {
  const examples = await examplesOf(process);
  const warm = new Map(examples.map(({ example }) => [example, new Set<Lane>()]));
  const undisturbed = new Map<Planned, Outcome>();
  const left = [...examples];
  const work = async (lane: Lane): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      undisturbed.set(next, await runUndisturbed(lane, next));
      warm.get(next.example)?.add(lane);
    }
  };
  await Promise.all(lanes.map(work));
  const known = new Map<string, Set<string>>();
  const disturbed = new Set<string>();
  const rows = examples.flatMap((of) => {
    const outcome = undisturbed.get(of);
    const ofProcess = known.get(of.process.name) ?? new Set();
    known.set(of.process.name, ofProcess);
    return outcome ? rowsOf({ ...of, undisturbed: outcome }, ofProcess, disturbed) : [];
  });
  return { rows, warm };
}

/** What the second run comes to: one that is not the same each time, undisturbed, is not the same as its disturbed ones either. */
async function runUndisturbed(lane: Lane, { process, exampleName, example }: Planned): Promise<Outcome> {
  await lane.run(process, example);
  const outcome = await lane.run(process, example);
  const slips = [
    ...(outcome.deaths > 0 ? [`the worker died: ${outcome.lastWords}`] : []),
    ...outcome.lines.filter((line) => line.startsWith(neverEnds)),
  ];
  if (slips.length > 0) throw new Error(`${process.name}, ${exampleName}, does not end undisturbed:\n${slips.join('\n')}`);
  return outcome;
}
