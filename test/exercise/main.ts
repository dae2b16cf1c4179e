import { resolve } from 'node:path';
import { program } from 'commander';
import { ProblemError } from '../../cli/support/api-client.ts';
import { StackError } from '../../stack/stack-error.ts';
import { difference } from '../crash/support/anonymous.ts';
import { attempt, type Attempt, type OnboardStep } from './attempt.ts';
import { disturbances, type Disturbance } from './disturbances.ts';
import { choose, plan, type Turn } from './plan.ts';
import { logsOfLast, withPlatform, type Platform } from './platform.ts';

/*
 * `npm run exercise:kill`: a platform of its own, as `npm start` makes it, in which a school is onboarded while parts of it are killed,
 * cut off, filled up or shown a wrong clock; each school must end as one that was left alone.
 */
interface Options {
  readonly rounds: string;
  readonly only?: string;
  readonly users: string;
}

async function undisturbed(platform: Platform): Promise<Attempt> {
  // The first school also brings what the platform makes once.
  await attempt(platform);
  const [one, other] = [await attempt(platform), await attempt(platform)];
  const noise = [...difference(one.lines, other.lines), ...one.problems, ...other.problems];
  if (noise.length > 0) throw new Error(`Two schools left alone differ, or are wrong:\n${noise.join('\n')}`);
  return other;
}

/** Disturbed in the middle: one that had ended before it could be is no proof, and is made again. */
async function disturbed(platform: Platform, disturbance: Disturbance, from: readonly OnboardStep[]): Promise<Attempt> {
  for (const step of from) {
    const made = await attempt(platform, { disturbance, from: step }).catch((error: unknown) => refusal(error, disturbance));
    if (made.disturbedIn !== undefined) return made;
  }
  throw new Error(`${disturbance.name} never came before the end.`);
}

function refusal(error: unknown, { name }: Disturbance): never {
  if (!(error instanceof ProblemError)) throw error;
  throw new StackError(`${name}: the API answered ${error.status} (${String(error.problem['type'])}): see ${logsOfLast}.`, error);
}

function problemsOf(alone: Attempt, made: Attempt): string[] {
  return [
    ...made.problems,
    ...difference(alone.lines, made.lines).map((line) => `lost: ${line}`),
    ...difference(made.lines, alone.lines).map((line) => `extra: ${line}`),
  ];
}

const minutes = (ms: number): string => (ms / 60_000).toFixed(1);

async function exercise(platform: Platform, turns: readonly Turn[]): Promise<number> {
  const alone = await undisturbed(platform);
  const beganAt = performance.now();
  let failed = 0;
  for (const [index, { title, disturbance, from }] of turns.entries()) {
    const passed = performance.now() - beganAt;
    const left = index === 0 ? '' : `, about ${minutes((passed / index) * (turns.length - index))} left`;
    console.error(`${title}: begins (${minutes(passed)} min so far${left})`);
    const made = await disturbed(platform, disturbance, from);
    const problems = problemsOf(alone, made);
    if (problems.length > 0) failed += 1;
    const word = problems.length === 0 ? 'same' : 'DIFFERS';
    console.log(`${title} in ${made.disturbedIn}: ${word}, ${(made.ms / 1_000).toFixed(1)} s`);
    for (const problem of problems) console.log(`    ${problem.slice(0, 600)}`);
  }
  console.log(`${turns.length - failed} passing, ${failed} failing in ${minutes(performance.now() - beganAt)} min`);
  return failed;
}

async function run({ rounds, only, users }: Options): Promise<void> {
  process.env['TOOLBOX_BIN'] ??= resolve('.toolbox/bin');
  const chosen = choose(only);
  const needs = new Set(chosen.flatMap(({ needs: need }) => need ?? []));
  const failed = await withPlatform({ needs, users: Number(users), tell: (line) => console.error(line) }, (platform) =>
    exercise(platform, plan(Number(rounds), chosen, only === undefined)),
  );
  process.exitCode = failed > 0 ? 1 : 0;
}

program
  .name('npm run exercise:kill --')
  .description(
    'Onboards schools while parts of the platform are killed, cut off, filled up or shown a wrong clock. Each must end as one left alone.',
  )
  .option('--rounds <count>', 'how often all of it, each time in other steps of the run', '1')
  .option('--only <names>', 'those with these words in their name; several by commas: "kill postgres,slow,clock ahead"')
  .option('--users <count>', 'people in the roster', '200')
  .addHelpText('after', `\nWhat there is:\n${disturbances.map(({ name, words }) => `  ${name.padEnd(26)}${words}`).join('\n')}`)
  .action(run);
await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
