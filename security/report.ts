import Table from 'cli-table3';
import type { CheckOutcome } from './outcome.ts';

/** Every finding on a line, then one table. Whether there was none. */
export function report(outcomes: readonly CheckOutcome[], say: (line: string) => void): boolean {
  for (const { check, findings } of outcomes) for (const finding of findings) say(`${check}: ${finding}`);
  const table = new Table({ head: ['check', 'looked at', 'shown and found', 'findings'], style: { head: [], border: [] } });
  for (const { check, looked, proof, findings } of outcomes) table.push([check, looked, proof, findings.length]);
  say(table.toString());
  return outcomes.every(({ findings }) => findings.length === 0);
}
