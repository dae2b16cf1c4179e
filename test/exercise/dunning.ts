import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type Stripe from 'stripe';
import { median, rounded } from '../../bench/support/compare.ts';
import { writeLatest } from '../../bench/support/latest.ts';
import { machineFacts } from '../../bench/support/machine.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { startSandbox } from '../../sandboxes/support/start.ts';
import { startServers } from '../../stack/servers.ts';
import { createDatabases } from '../support/database.ts';
import { tearDown } from '../support/teardown.ts';
import { makeVault } from '../support/vault.ts';
import { type Collecting, collectingOf, serveCollecting } from '../workflows/support/collecting.ts';
import { createBareActivities, prepareBare, runBare } from './support/bare-dunning.ts';
import { dunningCase } from './support/dunning-cases.ts';
import { collectAll, type Collected, differencesOf, prepare } from './support/dunning-runs.ts';

/*
 * `npm run exercise:dunning`: a thousand failing subscriptions of every kind go through 28 days of a dunning policy in a few minutes, as runs
 * of collect-payment whose clocks jump over idle time. Each must end as the pure function says, charged and written to no more than that.
 * In turns with them a bare workflow does as many activities and timers, and makes the same calls to the vendors. Servers of its own; what
 * it finds goes into bench/latest.json. `-- --count 100`: fewer of them; `--seed 2`: other ones; `--keep`: nothing is written.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    'at-a-time': { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const [count, rounds, atATime, seed] = [values.count, values.rounds, values['at-a-time'], values.seed].map(Number) as [
  number,
  number,
  number,
  number,
];
const target = 0.7;
/** Of the first runs, which also pay for what is made once: they are checked and not measured. */
const warmUp = 20;
const limitedBy =
  'Temporal and the vendor calls, which both have; beside them the statements of our activities: what is written down before and after each effect, and the mirror';

interface Round {
  readonly collected: readonly Collected[];
  readonly differences: readonly string[];
  readonly ours: number;
  readonly bare: number;
  readonly statements: number;
  readonly calls: { readonly ours: number; readonly bare: number };
}

/** Counts what is asked of Stripe or of the database. */
function createCount() {
  let made = 0;
  const take = (): number => {
    const until = made;
    made = 0;
    return until;
  };
  const one = (): void => void (made += 1);
  return { of: (stripe: Stripe) => void stripe.on('request', one), one, take };
}

interface Exercise {
  readonly collecting: Collecting;
  /** Requests to Stripe since it was asked before. */
  readonly asked: () => number;
  /** Statements to the main database since then. */
  readonly stated: () => number;
}

async function playRound({ collecting, asked, stated }: Exercise, from: number, many: number): Promise<Round> {
  await Promise.all([collecting.stripe.control.reset(), collecting.sendgrid.control.reset()]);
  const cases = Array.from({ length: many }, (_, number) => dunningCase(seed, from + number));
  const failing = await prepare(collecting, cases);
  asked();
  stated();
  const { seconds: ours, collected } = await collectAll(collecting, failing, atATime);
  const [callsOurs, statements] = [asked(), stated()];
  const differences = await differencesOf(collecting, collected);
  const runs = await prepareBare(collecting, collected);
  asked();
  const bare = await runBare(collecting, runs, atATime);
  return { collected, differences, ours, bare, statements, calls: { ours: callsOurs, bare: asked() } };
}

const mean = (values: readonly number[]): number => rounded(values.reduce((sum, value) => sum + value, 0) / values.length);

function figuresOf(played: readonly Round[], machine: ReturnType<typeof machineFacts>) {
  const all = played.flatMap(({ collected }) => collected);
  const ratios = played.map(({ ours, bare }) => rounded(bare / ours));
  const rate = (seconds: (round: Round) => number) => rounded(median(played.map((round) => round.collected.length / seconds(round))));
  const ends: Record<string, number> = {};
  for (const { result } of all) ends[result.outcome] = (ends[result.outcome] ?? 0) + 1;
  const ratio = median(ratios);
  return {
    machine,
    what: `${all.length} failing subscriptions through 28 days, ${atATime} at a time, against a bare workflow with as many activities and timers that makes the same vendor calls`,
    unit: 'runs/s',
    wallSeconds: rounded(played.reduce((sum, { ours }) => sum + ours, 0)),
    ours: rate((round) => round.ours),
    bare: rate((round) => round.bare),
    ratio,
    ratios,
    target,
    met: ratio >= target,
    perRun: {
      historyEvents: mean(all.map(({ events }) => events)),
      activities: mean(all.map(({ script }) => script.filter((step) => typeof step === 'string').length)),
      timers: mean(all.map(({ script }) => script.filter((step) => typeof step === 'number').length)),
      stripeCalls: mean(played.map(({ calls, collected }) => calls.ours / collected.length)),
      statements: mean(played.map(({ statements, collected }) => statements / collected.length)),
      stripeCallsBare: mean(played.map(({ calls, collected }) => calls.bare / collected.length)),
    },
    ends,
    limitedBy,
  };
}

/** Servers, databases, a vault and sandboxes of its own, while `act` uses them. */
async function withExercise(act: (exercise: Exercise) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-dunning-'));
  chmodSync(folder, 0o711); // PostgreSQL runs as a user of its own where we are root
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const home = join(folder, 'servers');
    const servers = await startServers({ home, only: ['postgres', 'keyring', 'vault', 'temporal'], test: true });
    stops.unshift(() => servers.stop());
    const described = join(folder, 'servers.json');
    writeFileSync(described, JSON.stringify(servers.describe), { mode: 0o600 });
    process.env['TOOLBOX_TEST_SERVERS'] = described;
    const [databases, vault] = [await createDatabases(), await makeVault()];
    stops.unshift(() => databases.drop());
    const [stripe, sendgrid] = [await startSandbox('stripe'), await startSandbox('sendgrid')];
    stops.unshift(() => Promise.all([stripe.stop(), sendgrid.stop()]));
    const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    const collecting = collectingOf({ making: { databases, vault, keyring }, stripe, sendgrid });
    const [counted, statements] = [createCount(), createCount()];
    databases.main.on('query', statements.one);
    stops.unshift(tearDown);
    stops.unshift(await serveCollecting(collecting, { more: createBareActivities({ stripe, sendgrid }, counted.of) }));
    counted.of(collecting.stripeClient);
    await act({ collecting, asked: counted.take, stated: statements.take });
  } finally {
    for (const stop of stops) await stop();
  }
}

const machine = machineFacts();
await withExercise(async (exercise) => {
  const first = await playRound(exercise, 0, Math.min(warmUp, count));
  const played: Round[] = [];
  const each = Math.ceil(count / rounds);
  for (let round = 0; round < rounds; round += 1)
    played.push(await playRound(exercise, round * each, Math.min(each, count - round * each)));
  const differences = [first, ...played].flatMap((round) => round.differences);
  const figures = { ...figuresOf(played, machine), differences: differences.length };
  console.log(JSON.stringify(figures, null, 2));
  for (const line of differences.slice(0, 10)) console.log(`Not as the policy says: ${line}`);
  if (!values.keep) writeLatest('dunning', figures);
  process.exitCode = figures.met && differences.length === 0 ? 0 : 1;
});
