import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createVaultHttp } from '../../platform/vault-http.ts';
import { loadProcesses } from '../../processes/support/registry.ts';
import type { StackDescription } from '../../stack/description.ts';
import { bareEnvironment } from '../../stack/environment.ts';
import { openHome, type Home } from '../../stack/home.ts';
import { startStack, type Stack } from '../../stack/stack.ts';
import type { Stores } from '../crash/support/state.ts';
import { mountDisks, type Disks } from './disks.ts';
import { throughLines } from './lines.ts';
import { makeRoster } from './school.ts';
import { startToxiproxy, type Toxiproxy } from './support/toxiproxy.ts';

export interface Platform {
  readonly home: Home;
  readonly up: StackDescription & Required<Pick<StackDescription, 'api' | 'demo'>>;
  readonly stores: Stores;
  /** The roster every school is onboarded with. */
  readonly roster: string;
  /** What worker and API were started with. */
  readonly productEnv: NodeJS.ProcessEnv;
  readonly lines?: Toxiproxy;
  readonly disks?: Disks;
}
/** What Stripe's stand-in tells would have the mirror run in the middle of an attempt: the API does not know its signature. */
const deaf = { STRIPE_WEBHOOK_SECRET: 'whsec_another' };

export interface PlatformOptions {
  readonly needs: ReadonlySet<'lines' | 'disks'>;
  readonly users: number;
  tell(line: string): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The logs of the last exercise. */
export const logsOfLast = resolve('.toolbox/exercise-logs');

/**
 * A platform of one's own as `npm start` makes it, but for the lines and the disks asked for. `use` has it until it resolves; then
 * nothing of it is left. Throws StackError.
 */
export async function withPlatform<T>({ needs, users, tell }: PlatformOptions, use: (platform: Platform) => Promise<T>): Promise<T> {
  const own = openHome(mkdtempSync(join(tmpdir(), 'toolbox-exercise-')));
  chmodSync(own.dir, 0o755); // PostgreSQL runs as a user of its own where we are root
  const closing: (() => unknown)[] = [() => keepLogs(own), () => rmSync(own.dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0)) await each();
  };
  const interrupted = (): void => void close().finally(() => process.exit(130));
  for (const signal of signals) process.once(signal, interrupted);
  try {
    const disks = needs.has('disks') ? await mountDisks(own) : undefined;
    if (disks) closing.unshift(disks.unmount);
    const home = disks?.home ?? own;
    const lines = needs.has('lines') ? await startToxiproxy(home, tell) : undefined;
    if (lines) closing.unshift(lines.stop);
    let productEnv: NodeJS.ProcessEnv = {};
    const rewire = async (env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> =>
      (productEnv = { ...(lines ? await throughLines(lines, env) : env), ...deaf });
    const stack = startStack({ home, env: bareEnvironment(process.env), serversOnly: false, say: () => undefined, tell, rewire });
    closing.unshift(() => stack.stop());
    const up = await described(stack);
    await pauseSchedules(up.temporal.address);
    const extras = { ...(lines ? { lines } : {}), ...(disks ? { disks } : {}) };
    return await use({ home, up, stores: storesOf(up), roster: await makeRoster(home.dir, users), productEnv, ...extras });
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
    await close();
  }
}

/** The only thing that outlives it: of the last exercise, for who looks into what went wrong. */
function keepLogs({ dir }: Home): void {
  rmSync(logsOfLast, { recursive: true, force: true });
  cpSync(join(dir, 'logs'), logsOfLast, { recursive: true });
}

async function described(stack: Stack): Promise<Platform['up']> {
  const up = await stack.up;
  const { api, demo } = up;
  if (!api || !demo) throw new Error('The stack has no API or no demo account.');
  return { ...up, api, demo };
}

function storesOf({ postgres, keyring, vault, s3 }: StackDescription): Stores {
  return {
    main: { adminUrl: String(postgres.adminUrl), url: postgres.url },
    keyring: { adminUrl: String(keyring.adminUrl), url: keyring.url },
    vault: { asAdmin: createVaultHttp({ address: vault.url, token: vault.token }), mount: 'transit' },
    s3,
  };
}

/** A run that a schedule begins in the middle of an attempt would leave rows that nobody left in the undisturbed one. */
async function pauseSchedules(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const { schedule } = new Client({ connection });
  const { all } = await loadProcesses();
  for (const { name } of all.filter(({ schedule: declared }) => declared)) await schedule.getHandle(name).pause('exercise');
  await connection.close();
}
