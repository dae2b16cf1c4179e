import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type Stripe from 'stripe';
import { median, rounded } from '../../bench/support/compare.ts';
import { writeLatest } from '../../bench/support/latest.ts';
import { machineFacts } from '../../bench/support/machine.ts';
import { openDatabase } from '../../platform/database.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { startSandbox } from '../../sandboxes/support/start.ts';
import { startServers } from '../../stack/servers.ts';
import { databaseConnections } from '../../workers/settings.ts';
import { createDatabases } from '../support/database.ts';
import { statementsOf } from '../support/statements.ts';
import { tearDown } from '../support/teardown.ts';
import { makeVault } from '../support/vault.ts';
import { type Collecting, collectingOf, serveCollecting } from '../workflows/support/collecting.ts';
import { type BareRun, createBareActivities, prepareBare, runBare } from './support/bare-dunning.ts';
import { dunningCase } from './support/dunning-cases.ts';
import {
  collectAll,
  type Collected,
  differencesOf,
  doneSoFar,
  type Ended,
  type Failing,
  lookAtAll,
  prepare,
} from './support/dunning-runs.ts';
import { processorTimes, usedSince } from './support/processor-time.ts';

/*
 * `npm run exercise:dunning`: a thousand failing subscriptions of every kind go through 28 days of a dunning policy in a few minutes, as runs
 * of collect-payment whose clocks jump over idle time. Each must end as the pure function says, charged and written to no more than that.
 * In turns with them a bare workflow does as many activities and timers, and makes the same calls to the vendors. Rounds come in pairs of
 * the same cases: in one ours goes first, in the other the bare one does. Servers of its own; what it finds goes into bench/latest.json.
 * `-- --count 100`: fewer of them; `--rounds 2`: in fewer pieces; `--seed 2`: other ones; `--keep`: nothing is written.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '4' },
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
  'Temporal and the vendor calls, which both have; beside them that our activities wait on the queues that keep vendors’ rates, where Temporal cannot hand them out eagerly, and what is written down before and after each effect, and the mirror';

interface Round {
  readonly collected: readonly Collected[];
  readonly differences: readonly string[];
  readonly ours: number;
  readonly bare: number;
  readonly statements: number;
  readonly calls: { readonly ours: number; readonly bare: number };
  /** Processor seconds, by program. */
  readonly processor: { readonly ours: Times; readonly bare: Times };
  readonly first: 'ours' | 'bare';
}

type Times = ReadonlyMap<string, number>;

/** Counts what is asked of Stripe. */
function createCount() {
  let made = 0;
  const take = (): number => {
    const until = made;
    made = 0;
    return until;
  };
  const one = (): void => void (made += 1);
  return { of: (stripe: Stripe) => void stripe.on('request', one), take };
}

interface Exercise {
  readonly collecting: Collecting;
  /** Requests to Stripe since it was asked before. */
  readonly asked: () => number;
}
interface Played {
  readonly calls: number;
  readonly processor: Times;
}
type Ours = Played & Pick<Round, 'collected' | 'differences' | 'ours' | 'statements'>;

async function playOurs({ collecting, asked }: Exercise, failing: readonly Failing[]): Promise<Ours> {
  const [before, began] = [await doneSoFar(collecting), processorTimes()];
  asked();
  const run = { seconds: 0, ended: [] as Ended[] };
  const statements = await statementsOf(async () => Object.assign(run, await collectAll(collecting, failing, atATime)));
  const [calls, processor] = [asked(), usedSince(began)];
  const collected = await lookAtAll(run.ended);
  const differences = await differencesOf(collecting, collected, before);
  return { collected, differences, ours: run.seconds, statements: statements.length, calls, processor };
}

async function playBare({ collecting, asked }: Exercise, runs: readonly BareRun[]): Promise<Played & { readonly bare: number }> {
  const began = processorTimes();
  asked();
  const bare = await runBare(collecting, runs, atATime);
  return { bare, calls: asked(), processor: usedSince(began) };
}

const roundOf = (ours: Ours, bare: Awaited<ReturnType<typeof playBare>>, first: Round['first']): Round => ({
  ...ours,
  bare: bare.bare,
  calls: { ours: ours.calls, bare: bare.calls },
  processor: { ours: ours.processor, bare: bare.processor },
  first,
});

/** The same cases twice, from new sandboxes each time. The bare runs do as ours did the first time. */
async function playPair(exercise: Exercise, from: number, many: number): Promise<[Round, Round]> {
  const { collecting } = exercise;
  const cases = Array.from({ length: many }, (_, number) => dunningCase(seed, from + number));
  const failing = async (): Promise<Failing[]> => {
    await Promise.all([collecting.stripe.control.reset(), collecting.sendgrid.control.reset()]);
    return prepare(collecting, cases);
  };
  const ours = await playOurs(exercise, await failing());
  const first = roundOf(ours, await playBare(exercise, await prepareBare(collecting, ours.collected)), 'ours');
  tell(first);
  const again = await failing();
  const bare = await playBare(exercise, await prepareBare(collecting, ours.collected));
  const second = roundOf(await playOurs(exercise, again), bare, 'bare');
  tell(second);
  return [first, second];
}

/** Progress, for whoever waits. */
function tell({ collected, ours, bare, first, differences }: Round): void {
  const wrong = differences.length === 0 ? 'all as the policy says' : `${differences.length} differences`;
  console.error(`${collected.length} runs, ${first} first: ours ${rounded(ours)} s, bare ${rounded(bare)} s, ${wrong}`);
}

const mean = (values: readonly number[]): number => rounded(values.reduce((sum, value) => sum + value, 0) / values.length);

/** Processor time a run, in ms, by program: what a machine that others use, too, does not change. */
function processorOf(played: readonly Round[], whose: 'ours' | 'bare'): Record<string, number> {
  const runs = played.reduce((sum, { collected }) => sum + collected.length, 0);
  const used: Record<string, number> = {};
  for (const { processor } of played)
    for (const [name, seconds] of processor[whose]) used[name] = (used[name] ?? 0) + (seconds * 1_000) / runs;
  const told = { all: Object.values(used).reduce((sum, ms) => sum + ms, 0), ...used };
  return Object.fromEntries(Object.entries(told).flatMap(([name, ms]) => (ms < 1 ? [] : [[name, rounded(ms)]])));
}

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
      processorMs: processorOf(played, 'ours'),
      processorMsBare: processorOf(played, 'bare'),
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
    // As workers/main.ts opens it.
    const main = openDatabase(databases.urls.main, { poolMax: databaseConnections, pipeline: true });
    stops.unshift(() => main.destroy());
    const collecting = collectingOf({ making: { databases: { ...databases, main }, vault, keyring }, stripe, sendgrid });
    const counted = createCount();
    stops.unshift(tearDown);
    stops.unshift(await serveCollecting(collecting, { more: createBareActivities({ stripe, sendgrid }, counted.of) }));
    counted.of(collecting.stripeClient);
    await act({ collecting, asked: counted.take });
  } finally {
    for (const stop of stops) await stop();
  }
}

const machine = machineFacts();
await withExercise(async (exercise) => {
  const first = await playPair(exercise, 0, Math.min(warmUp, count));
  const played: Round[] = [];
  const pairs = Math.ceil(rounds / 2);
  const each = Math.ceil(count / (2 * pairs));
  for (let pair = 0; pair < pairs; pair += 1) played.push(...(await playPair(exercise, pair * each, each)));
  const differences = [...first, ...played].flatMap((round) => round.differences);
  const figures = { ...figuresOf(played, machine), differences: differences.length };
  console.log(JSON.stringify(figures, null, 2));
  for (const line of differences.slice(0, 10)) console.log(`Not as the policy says: ${line}`);
  if (!values.keep) writeLatest('dunning', figures);
  process.exitCode = figures.met && differences.length === 0 ? 0 : 1;
});
