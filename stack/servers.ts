import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from './environment.ts';
import { openHome, type Home } from './home.ts';
import { takeLock } from './lock.ts';
import { openMemory } from './memory.ts';
import type { Context, Part } from './part.ts';
import { keyring, postgres } from './parts/postgres.ts';
import { redis } from './parts/redis.ts';
import { s3 } from './parts/s3.ts';
import { temporal } from './parts/temporal.ts';
import { vault } from './parts/vault.ts';
import { createPorts } from './ports.ts';
import { startPart } from './start-part.ts';
import { createSupervisor, stopLeftovers, type Supervisor } from './supervisor.ts';

export type ServerName = 'postgres' | 'keyring' | 'redis' | 's3' | 'vault' | 'temporal';
const everyServer: readonly ServerName[] = ['postgres', 'keyring', 'redis', 's3', 'vault', 'temporal'];

export interface ServersOptions {
  /** Where their data and logs go. Data does not survive a start. */
  readonly home: string;
  /** Default: all. Those not named are not in `describe`. */
  readonly only?: readonly ServerName[];
  /** Kept for readers: these servers are for tests, nothing else is offered. */
  readonly test?: true;
}

/** The shape of TestServers in test/support/servers.ts. */
export interface DescribedServers {
  readonly postgres: { readonly adminUrl: string };
  readonly keyring: { readonly adminUrl: string };
  readonly redis: { readonly url: string };
  readonly s3: { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };
  readonly vault: { readonly url: string; readonly token: string };
  readonly temporal: { readonly address: string; readonly ui?: string };
}

export interface Servers {
  readonly describe: DescribedServers;
  stop(): Promise<void>;
}

/** Starts servers for tests: empty, fast, forgetful, all-powerful accounts. Throws StackError; what was started is stopped then. */
export async function startServers({ home: dir, only = everyServer }: ServersOptions): Promise<Servers> {
  const home = openHome(dir);
  const release = takeLock(home);
  const tell = (line: string): void => console.error(line);
  const supervisor = createSupervisor(home, tell, () => undefined);
  try {
    await stopLeftovers(home);
    rmSync(join(home.dir, 'data'), { recursive: true, force: true });
    const describe = await startAll(testContext(openHome(home.dir)), supervisor, only);
    const stop = async (): Promise<void> => {
      await supervisor.stop();
      release();
    };
    return { describe, stop };
  } catch (error) {
    await supervisor.stop();
    release();
    throw error;
  }
}

function testContext(home: Home): Context {
  const memory = openMemory(home);
  // Servers of the environment are somebody's real ones: tests never touch them.
  const env = bareEnvironment(process.env);
  return { home, memory, ports: createPorts(memory), env, test: true, signal: new AbortController().signal, say: () => undefined };
}

async function startAll(context: Context, supervisor: Supervisor, only: readonly ServerName[]): Promise<DescribedServers> {
  const up = async <A>(part: Part<A>): Promise<A | undefined> =>
    only.some((name) => name === part.name) ? (await startPart(part, 0, context, supervisor)).address : undefined;
  const [main, ring, cache, store, transit, runs] = await Promise.all([
    up(postgres),
    up(keyring),
    up(redis),
    up(s3),
    up(vault()),
    up(temporal),
  ]);
  const described = {
    postgres: main && { adminUrl: main.adminUrl },
    keyring: ring && { adminUrl: ring.adminUrl },
    redis: cache,
    s3: store,
    vault: transit,
    temporal: runs,
  };
  // Whoever asks for some servers only uses those only.
  return described as DescribedServers;
}
