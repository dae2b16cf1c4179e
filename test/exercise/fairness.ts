import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median, rounded } from '../../bench/support/compare.ts';
import { writeLatest } from '../../bench/support/latest.ts';
import { machineFacts } from '../../bench/support/machine.ts';
import type { Run } from '../../cli/support/api-client.ts';
import { type OwnStack, startOwnStack } from '../support/own-stack.ts';
import { makeRoster, prepareSchool, type School } from './school.ts';

/*
 * `npm run exercise:fairness`: how long a small school's onboarding takes alone, and while another tenant's school of 50,000 is onboarded
 * with its roster: no more than twice as long. A platform of its own; what it finds goes into bench/latest.json. `-- --users 10000`: of the
 * large school. `-- --rounds 9`: how often it is measured alone, half of it before and half of it after.
 */
const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '50000' },
    small: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '10' },
  },
});
const target = 2;
const [users, smallUsers, rounds] = [Number(values.users), Number(values.small), Number(values.rounds)];

interface Exercise {
  readonly own: OwnStack;
  readonly roster: string;
}
let made = 0;
const nextSlug = (): string => `fair-${String((made += 1)).padStart(4, '0')}`;
const prepare = ({ own: { description } }: Exercise, roster: string): Promise<School> =>
  prepareSchool(description.api.url, description.demo, nextSlug(), roster);

/** Starts a school's onboarding; resolves to the run at its end. */
async function onboard({ api, slug, uploadId }: School, pollMs: number): Promise<Run> {
  const admin = { adminEmail: `ada@${slug}.example`, adminName: 'Ada Lovelace' };
  const body = { slug, name: 'Lincoln High', plan: 'school', region: 'eu', rosterUploadId: uploadId, ...admin };
  let run = await api.call<Run>('/v1/processes/onboard-school/runs', { method: 'POST', body });
  for (; run.status === 'running'; await pause(pollMs)) run = await api.call<Run>(`/v1/runs/${run.id}`);
  if (run.status !== 'completed') throw new Error(`A school was not onboarded: ${JSON.stringify(run.error)}`);
  return run;
}

/** One small school, from the request to its run's end, in seconds. */
async function onboardSmall(exercise: Exercise): Promise<number> {
  const school = await prepare(exercise, exercise.roster);
  const beganAt = performance.now();
  await onboard(school, 20);
  return (performance.now() - beganAt) / 1_000;
}

async function alone(exercise: Exercise, count: number): Promise<number[]> {
  const seconds: number[] = [];
  while (seconds.length < count) seconds.push(await onboardSmall(exercise));
  return seconds;
}

/** Small schools one after the other for as long as the large one takes. */
async function beside(exercise: Exercise, roster: string): Promise<{ seconds: number[]; run: Run }> {
  const school = await prepare(exercise, roster);
  const large = { over: false };
  const running = onboard(school, 500).finally(() => (large.over = true));
  const seconds: number[] = [];
  while (!large.over) {
    const taken = await onboardSmall(exercise);
    // The last one had the platform for itself for a part of its time.
    if (!large.over) seconds.push(taken);
  }
  return { seconds, run: await running };
}

/** The most memory that a process ever had, MiB. */
const peakMiB = (pid: number): number =>
  Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);

const told = (seconds: readonly number[]) => ({
  median: rounded(median(seconds)),
  worst: rounded(Math.max(...seconds)),
  count: seconds.length,
});

async function main(): Promise<void> {
  const machine = machineFacts();
  const own = await startOwnStack();
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-fairness-'));
  try {
    mkdirSync(join(folder, 'large'));
    const exercise = { own, roster: await makeRoster(folder, smallUsers) };
    const large = await makeRoster(join(folder, 'large'), users);
    // The first ones also pay for what the platform makes once.
    await alone(exercise, 2);
    const before = await alone(exercise, Math.ceil(rounds / 2));
    const { seconds, run } = await beside(exercise, large);
    const all = [...before, ...(await alone(exercise, Math.floor(rounds / 2)))];
    const ratio = rounded(median(seconds) / median(all));
    const { pid } = own.description.worker as { pid: number };
    const { roster } = run.result as { roster: { rows: number; seconds: number } };
    const figures = {
      machine,
      what: `onboarding a school of ${smallUsers} users, in seconds, alone and while one of ${users} is onboarded`,
      alone: told(all),
      beside: told(seconds),
      ratio,
      target,
      met: ratio <= target,
      large: { users, rows: roster.rows, importSeconds: rounded(roster.seconds) },
      workerPeakMiB: peakMiB(pid),
    };
    console.log(JSON.stringify(figures, null, 2));
    writeLatest('fairness', figures);
    process.exitCode = figures.met ? 0 : 1;
  } finally {
    await own.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
