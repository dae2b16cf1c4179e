import type { Run } from '../../cli/support/api-client.ts';
import { connectControl } from '../../sandboxes/support/control-client.ts';
import type { Effect } from '../../sandboxes/support/ledger.ts';
import type { StackDescription } from '../../stack/description.ts';
import { anonymous, difference } from '../crash/support/anonymous.ts';
import { linesOf, objectsOf } from '../crash/support/state.ts';
import { refusedElsewhere, type WrongApi } from './clocks.ts';
import type { Disturbance } from './disturbances.ts';
import type { Platform } from './platform.ts';
import { onboard, prepareSchool } from './school.ts';
import { timesOutside } from './support/times.ts';

/** The request that starts a run of onboard-school, then its steps, but for the last: what begins in those may come too late. */
export const onboardSteps = [
  'start',
  'check-request',
  'reserve-slug',
  'create-key',
  'create-storage',
  'open-billing',
  'start-subscription',
  'import-roster',
  'create-admin',
  'send-invitations',
] as const;
export type OnboardStep = (typeof onboardSteps)[number];

export interface Attempt {
  /** All that came of it, names and times replaced. */
  readonly lines: readonly string[];
  /** What is wrong with it by itself. */
  readonly problems: readonly string[];
  readonly ms: number;
  /** What ran when the disturbance began; undefined when it had ended by then, or when there was none. */
  readonly disturbedIn?: string | undefined;
}
export interface Disturbing {
  readonly disturbance: Disturbance;
  readonly from: OnboardStep;
}
let made = 0;
/** Schools of earlier attempts. To read all their rows each time would take longer than all that is done to the platform. */
const settled: string[] = [];

/** One school, disturbed or not. */
export async function attempt(platform: Platform, disturbing?: Disturbing): Promise<Attempt> {
  const door = await disturbing?.disturbance.door?.(platform);
  try {
    return await through(platform, disturbing, door);
  } finally {
    await door?.stop();
  }
}

async function through(platform: Platform, disturbing: Disturbing | undefined, door: WrongApi | undefined): Promise<Attempt> {
  const { up, stores, roster } = platform;
  const arrived = Date.now();
  const slug = `school-${String((made += 1)).padStart(6, '0')}`;
  const refused = door ? await refusedElsewhere([up.api.url, door.url], up.demo) : [];
  const school = await prepareSchool(door?.url ?? up.api.url, up.demo, slug, roster);
  const [before, known] = [await linesOf(stores, settled), await effectsOf(up)];
  const began = Date.now();
  const moment = waitFor(disturbing?.from);
  const [run] = await Promise.all([
    onboard(school, moment.heard),
    moment.reached.then((when) => (when === undefined ? undefined : disturbing?.disturbance.act(platform, door))),
  ]);
  const ended = Date.now();
  const [after, effects] = [await linesOf(stores, settled), await effectsOf(up)];
  settled.push(run.id);
  const added = difference(after, before);
  const lines = [
    `ends ${run.status}`,
    ...difference(before, after).map((line) => `- ${line}`),
    ...added.map((line) => `+ ${line}`),
    ...(await objectsOf(stores.s3, run.id, [school.uploadId])),
    ...difference(effects.map(told), known.map(told)).map((line) => line.replace(/ \S+$/, '')),
  ];
  return {
    lines: lines.map((line) => anonymous(line, { RUN: run.id, NAME: slug })),
    problems: [...refused, ...timesOutside(added, arrived, ended)],
    ms: ended - began,
    disturbedIn: await moment.reached,
  };
}

/** `reached` resolves with what ran when the run was first heard to have got to a step; with undefined when it had ended by then. */
function waitFor(step: OnboardStep | undefined) {
  let tell: (when: string | undefined) => void = () => undefined;
  const reached = new Promise<string | undefined>((resolve) => (tell = resolve));
  const heard = (run: Run | undefined): void => {
    if (run === undefined) return step === 'start' ? tell('start') : undefined;
    if (run.status !== 'running') return tell(undefined);
    const at = run.steps.findIndex(({ name }) => name === step);
    if (at >= 0 && run.steps[at]?.state !== 'pending') tell(run.steps.find(({ state }) => state === 'running')?.name ?? 'between steps');
  };
  return { reached, heard };
}

async function effectsOf({ sandboxes }: StackDescription): Promise<Effect[]> {
  const urls = Object.values(sandboxes as Readonly<Record<string, { readonly url: string }>>).map(({ url }) => url);
  const ledgers = await Promise.all(urls.map((url) => connectControl(url).ledger()));
  // Hints may be lost and come twice: they are no effects. What Pusher may send twice carries an id, by which receivers drop the second.
  const heard = new Set<string>();
  return ledgers
    .flat()
    .filter(({ vendor, body }) => vendor !== 'pusher' || (body as { name?: string }).name !== 'run.moved')
    .filter(({ vendor, businessKey: key }) => vendor !== 'pusher' || !key || (!heard.has(key) && heard.add(key)));
}

/** The vendor's own id comes last. */
const told = ({ vendor, operation, businessKey, body, id }: Effect): string =>
  `effect ${vendor} ${operation} ${businessKey} ${JSON.stringify(body)} ${id}`;
