import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../../stack/home.ts';
import { until } from '../support/until.ts';

export const victims = ['worker', 'api', 'temporal', 'postgres', 'keyring', 'redis', 's3', 'vault'] as const;
export type Victim = (typeof victims)[number];

/** Each alone, then pairs of which one needs the other. */
export const losses: readonly (readonly Victim[])[] = [
  ...victims.map((victim) => [victim]),
  ['worker', 'postgres'],
  ['api', 'temporal'],
  ['keyring', 'vault'],
  ['postgres', 'keyring'],
  ['s3', 'worker'],
  ['redis', 'temporal'],
];

type Described = Readonly<Record<Victim, { readonly pid?: number }>> & { readonly api: { readonly url: string } };
const described = (home: Home): Described => JSON.parse(readFileSync(join(home.dir, 'stack.json'), 'utf8')) as Described;
const returnsWithinMs = 90_000;
/** The stack leaves stopped what stops more than five times a minute; its first start counts. */
const perMinute = 4;
const killed: { readonly victim: Victim; readonly at: number }[] = [];
const mayDieAgain = (victim: Victim): boolean =>
  killed.filter((each) => each.victim === victim && performance.now() - each.at < 61_000).length < perMinute;

/** Kills these at once; resolves when the stack has started others in their place, and would again, and the API says that it is ready. */
export async function killAndAwait(home: Home, these: readonly Victim[]): Promise<void> {
  const before = described(home);
  for (const victim of these) {
    const { pid } = before[victim];
    if (pid === undefined) throw new Error(`${victim} is not the stack's own.`);
    process.kill(pid, 'SIGKILL');
    killed.push({ victim, at: performance.now() });
  }
  await until(() => these.every((victim) => described(home)[victim].pid !== before[victim].pid), returnsWithinMs);
  await untilReady(before.api.url);
  await until(() => these.every(mayDieAgain), returnsWithinMs);
}

/** Resolves when the API says that all it stands on answers. */
export const untilReady = (apiUrl: string): Promise<unknown> => until(() => isReady(apiUrl), returnsWithinMs);

async function isReady(url: string): Promise<boolean> {
  const [answer] = await Promise.allSettled([fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(10_000) })]);
  return answer.status === 'fulfilled' && answer.value.ok && ((await answer.value.json()) as { status: string }).status === 'ready';
}
