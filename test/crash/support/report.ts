import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { Row } from './rows.ts';

export interface Result {
  readonly row: Row;
  /** What is otherwise than in the undisturbed run; nothing when all is the same. */
  readonly problems: readonly string[];
  readonly seconds: number;
}
export interface Sums {
  readonly rows: number;
  readonly same: number;
  /** Effects on the outside world that did not come about. */
  readonly lost: number;
  /** Effects on the outside world that the undisturbed run does not have, or has less often. */
  readonly tooMany: number;
}

const isSame = ({ problems }: Result): boolean => problems.length === 0;
const wordOf = (result: Result): string => (isSame(result) ? 'same' : 'DIFFERS');

export function sumsOf(results: readonly Result[]): Sums {
  const problems = results.flatMap((result) => result.problems);
  const count = (kind: string): number => problems.filter((problem) => problem.startsWith(`${kind}: effect `)).length;
  return { rows: results.length, same: results.filter(isSame).length, lost: count('lost'), tooMany: count('extra') };
}

/** A row as soon as it is known, with all its problems. */
export function lineOf(result: Result, number: number, of: number): string {
  const { row, problems, seconds } = result;
  const head = `${number}/${of} ${row.process.name}, ${row.exampleName}: ${row.what}, ${row.moment}: ${wordOf(result)}, ${seconds.toFixed(1)} s`;
  return [head, ...problems.map((problem) => `    ${problem.slice(0, 600)}`)].join('\n');
}

export function tableOf(results: readonly Result[]): string {
  const table = new Table({
    head: ['process', 'example', 'activity, message or vendor', 'moment', 'result', 'seconds'],
    style: { head: [], border: [] },
  });
  for (const result of results) {
    const { process, exampleName, what, moment } = result.row;
    table.push([process.name, exampleName, what, moment, wordOf(result), result.seconds.toFixed(1)]);
  }
  return table.toString();
}

/** The end of the report; the first two lines are counted by `.ci/run`. */
export const closingOf = ({ rows, same, lost, tooMany }: Sums, seconds: number): string =>
  [
    `${same} passing`,
    `${rows - same} failing`,
    `${rows} rows, ${same} same, ${lost} effects lost, ${tooMany} too many`,
    `${Math.round(seconds)} s in all`,
  ].join('\n');

/** Keeps the report where the last one was. */
export function keepReport(folder: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'matrix.txt'), `${text}\n`);
}
