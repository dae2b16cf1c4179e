import { program } from 'commander';
import Table from 'cli-table3';
import { onboardSchool, signInAsStaff, startOwnStack } from '../test/support/own-stack.ts';
import { compareEncryption } from './encryption.ts';
import { compareReads } from './read.ts';
import { compareRoster } from './roster.ts';
import { compareStarts } from './starts.ts';
import { compare, type Comparison, type Outcome } from './support/compare.ts';
import { writeLatest } from './support/latest.ts';
import { machineFacts } from './support/machine.ts';

/**
 * `npm run bench [-- --rounds 5 --only read,starts,roster,encryption]`: what the product costs, each thing side by side with the barest
 * way of doing it, in turns, on a platform of its own. Ratios are the result; figures by themselves are of this machine.
 */
type Closable = Comparison & { close?(): unknown };

async function main({ rounds, only }: { rounds: string; only: string }): Promise<void> {
  const machine = machineFacts();
  const own = await startOwnStack();
  const outcomes: Outcome[] = [];
  try {
    const school = await onboardSchool(own.description, 'bench');
    const token = await signInAsStaff(own.description);
    const all: Readonly<Record<string, () => Promise<Closable> | Closable>> = {
      encryption: compareEncryption,
      read: () => compareReads(own, school),
      roster: () => compareRoster(own),
      // Last: what it starts is worked off afterwards.
      starts: () => compareStarts(own, token),
    };
    for (const [name, open] of Object.entries(all)) {
      if (!only.split(',').includes(name)) continue;
      const comparison = await open();
      const outcome = await compare(comparison, Number(rounds)).finally(() => comparison.close?.());
      outcomes.push(outcome);
      const { ours, unit, least } = outcome;
      const figure = least === undefined ? '' : `, ${ours} ${unit} (at least ${least})`;
      console.log(`${outcome.name}: ${outcome.ratio} (${outcome.ratios.join(', ')})${figure}`);
    }
  } finally {
    await own.stop();
  }
  const table = new Table({ head: ['', 'ours', 'at least', 'bare', 'unit', 'ratio', 'target', ''], style: { head: [], border: [] } });
  for (const { name, ours, least = '', bare, unit, ratio, target, met } of outcomes)
    table.push([name, ours, least, bare, unit, ratio, target, met ? 'met' : 'missed']);
  console.log(table.toString());
  if (machine.provisional) console.log('The machine was busy with other work: these figures are provisional.');
  writeLatest('bench', { machine, outcomes });
}

program.option('--rounds <count>', 'of each comparison', '5').option('--only <names>', 'some of them', 'encryption,read,roster,starts');
await main(program.parse().opts());
