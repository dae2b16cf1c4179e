import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createVaultHttp } from '../../platform/vault-http.ts';
import { connectControl } from '../../sandboxes/support/control-client.ts';
import type { Effect } from '../../sandboxes/support/ledger.ts';
import type { StackDescription } from '../../stack/description.ts';
import { bareEnvironment } from '../../stack/environment.ts';
import { openHome, type Home } from '../../stack/home.ts';
import { startStack } from '../../stack/stack.ts';
import { anonymous, difference } from '../crash/support/anonymous.ts';
import { linesOf, objectsOf, type Stores } from '../crash/support/state.ts';
import { makeRoster, onboard, prepareSchool } from './school.ts';
import { killAndAwait, losses, type Victim } from './victims.ts';

/*
 * `npm run exercise:kill`: a platform of its own, as `npm start` makes it, in which a school is onboarded while parts are killed with
 * `kill -9`, one after the other and in pairs; each school must end as one that was left alone. `-- --rounds 10`: all of it ten times,
 * each time at other moments. `-- --only postgres`: only losses that take this part.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, only: { type: 'string' }, users: { type: 'string', default: '200' } },
});

interface Exercise {
  readonly home: Home;
  readonly stack: StackDescription;
  readonly stores: Stores;
  readonly roster: string;
}
let made = 0;

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

/** One school, disturbed or not: all that came of it, and how long it took. */
async function attempt({ stack, stores, roster }: Exercise, disturb: () => Promise<void>): Promise<{ lines: string[]; ms: number }> {
  if (!stack.api || !stack.demo) throw new Error('The stack has no API or no demo account.');
  const slug = `kill-${String((made += 1)).padStart(6, '0')}`;
  const school = await prepareSchool(stack.api.url, stack.demo, slug, roster);
  const [before, known] = [await linesOf(stores), await effectsOf(stack)];
  const beganAt = performance.now();
  const [run] = await Promise.all([onboard(school), disturb()]);
  const ms = performance.now() - beganAt;
  const [after, effects] = [await linesOf(stores), await effectsOf(stack)];
  const lines = [
    `ends ${run.status}`,
    ...difference(before, after).map((line) => `- ${line}`),
    ...difference(after, before).map((line) => `+ ${line}`),
    ...(await objectsOf(stores.s3, run.id, [school.uploadId])),
    ...difference(effects.map(told), known.map(told)).map((line) => line.replace(/ \S+$/, '')),
  ];
  return { lines: lines.map((line) => anonymous(line, { RUN: run.id, NAME: slug })), ms };
}
/** The vendor's own id comes last. */
const told = ({ vendor, operation, businessKey, body, id }: Effect): string =>
  `effect ${vendor} ${operation} ${businessKey} ${JSON.stringify(body)} ${id}`;

async function exercise(all: Exercise, rounds: number, chosen: readonly (readonly Victim[])[]): Promise<number> {
  const nothing = async (): Promise<void> => undefined;
  // The first school also brings what the platform makes once.
  await attempt(all, nothing);
  const [undisturbed, again] = [await attempt(all, nothing), await attempt(all, nothing)];
  const noise = difference(undisturbed.lines, again.lines);
  if (noise.length > 0) throw new Error(`Two schools left alone differ:\n${noise.join('\n')}`);
  let failures = 0;
  for (let round = 0; round < rounds; round += 1)
    for (const [index, victims] of chosen.entries()) {
      // Spread over the run, and elsewhere in each round.
      const moment = Math.round(undisturbed.ms * (((index * 0.618 + round * 0.382) % 0.9) + 0.05));
      const { lines, ms } = await attempt(all, async () => {
        await pause(moment);
        await killAndAwait(all.home, victims);
      });
      const problems = [
        ...difference(undisturbed.lines, lines).map((line) => `lost: ${line}`),
        ...difference(lines, undisturbed.lines).map((line) => `extra: ${line}`),
      ];
      failures += problems.length > 0 ? 1 : 0;
      const word = problems.length === 0 ? 'same' : 'DIFFERS';
      console.log(`round ${round + 1}: ${victims.join(' and ')} killed after ${moment} ms: ${word}, ${(ms / 1_000).toFixed(1)} s`);
      for (const problem of problems) console.log(`    ${problem.slice(0, 600)}`);
    }
  return failures;
}

process.env['TOOLBOX_BIN'] ??= resolve('.toolbox/bin');
const home = openHome(mkdtempSync(join(tmpdir(), 'toolbox-kill-')));
chmodSync(home.dir, 0o755); // PostgreSQL runs as a user of its own where we are root
const tell = (line: string): void => console.error(line);
const stack = startStack({ home, env: bareEnvironment(process.env), serversOnly: false, say: () => undefined, tell });
try {
  const up = await stack.up;
  const roster = await makeRoster(home.dir, Number(values.users));
  const { postgres, keyring, vault, s3 } = up;
  const stores = {
    main: { adminUrl: String(postgres.adminUrl), url: postgres.url },
    keyring: { adminUrl: String(keyring.adminUrl), url: keyring.url },
    vault: { asAdmin: createVaultHttp({ address: vault.url, token: vault.token }), mount: 'transit' },
    s3,
  };
  const chosen = losses.filter((victims) => !values.only || victims.some((victim) => victim === values.only));
  const failures = await exercise({ home, stack: up, stores, roster }, Number(values.rounds), chosen);
  console.log(`${chosen.length * Number(values.rounds) - failures} passing, ${failures} failing`);
  process.exitCode = failures > 0 || chosen.length === 0 ? 1 : 0;
} finally {
  await stack.stop();
  rmSync(home.dir, { recursive: true, force: true });
}
