import { program } from 'commander';
import Table from 'cli-table3';
import { writeLatest } from '../../bench/support/latest.ts';
import { machineFacts } from '../../bench/support/machine.ts';
import { onboardSchool, type SignedInAs, signInAsStaff, startOwnStack } from '../support/own-stack.ts';
import { watchConnections } from './database-connections.ts';
import { createMix } from './mix.ts';
import { offer, type Offered } from './open-loop.ts';

/**
 * `npm run load [-- --rate 1000 --seconds 60]`: requests arrive at a rate whatever becomes of those before them, on a platform of its
 * own: 70 % reads of runs and resources, 20 % lists, 9 % writes, 1 % process starts. Then steps upwards until it breaks.
 */
const targets = { p50Ms: 100, p95Ms: 200, p99Ms: 500, databaseConnections: 50, errors: 0 } as const;
const schoolCount = 8;
const steps = [50, 100, 150, 200, 300, 400, 600, 800, 1_000, 1_200, 1_500];

interface Measured extends Offered {
  readonly databaseConnections: number;
}
const holds = ({ p50Ms, p95Ms, p99Ms, errors, databaseConnections }: Measured): boolean =>
  p50Ms < targets.p50Ms &&
  p95Ms < targets.p95Ms &&
  p99Ms < targets.p99Ms &&
  errors === 0 &&
  databaseConnections < targets.databaseConnections;

async function main(options: { rate: string; seconds: string; stepSeconds: string }): Promise<void> {
  const machine = machineFacts();
  const own = await startOwnStack();
  const table = new Table({
    head: ['offered/s', 'answered/s', 'p50', 'p95', 'p99', 'errors', 'connections', ''],
    style: { head: [], border: [] },
  });
  try {
    const { description } = own;
    const schools: SignedInAs[] = [];
    for (let at = 1; at <= schoolCount; at += 1) schools.push(await onboardSchool(description, `load-${at}`));
    const mix = await createMix(description.api.url, await signInAsStaff(description), schools);
    const connections = await watchConnections([description.postgres.adminUrl ?? '', description.keyring.adminUrl ?? '']);
    const measure = async (rate: number, seconds: number): Promise<Measured> => {
      connections.reset();
      const offered = await offer({ url: description.api.url, rate, seconds, next: mix });
      const measured = { ...offered, databaseConnections: connections.peak() };
      const { perSecond, p50Ms, p95Ms, p99Ms, errors, databaseConnections } = measured;
      table.push([rate, perSecond, p50Ms, p95Ms, p99Ms, errors, databaseConnections, holds(measured) ? 'holds' : 'breaks']);
      return measured;
    };
    await offer({ url: description.api.url, rate: 50, seconds: 5, next: mix });
    const climbed: Measured[] = [];
    for (const rate of steps) {
      climbed.push(await measure(rate, Number(options.stepSeconds)));
      if (!climbed.every(holds)) break;
    }
    const asked = await measure(Number(options.rate), Number(options.seconds));
    const last = climbed.at(-1);
    const breaksAt = last && !holds(last) ? last.rate : null;
    await connections.close();
    writeLatest('load', { machine, targets, met: holds(asked), asked, breaksAt, steps: climbed });
  } finally {
    await own.stop();
  }
  console.log(table.toString());
  if (machine.provisional) console.log('The machine was busy with other work: these figures are provisional.');
}

program
  .option('--rate <count>', 'requests a second', '1000')
  .option('--seconds <count>', 'how long', '60')
  .option('--step-seconds <count>', 'of each step upwards', '8');
await main(program.parse().opts());
