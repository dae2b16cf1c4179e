import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { demoBackupRecipient } from './backup-identity.ts';
import { describeStack, type Product, type StackDescription } from './description.ts';
import { writePrivateFile, type Home } from './home.ts';
import { takeLock } from './lock.ts';
import { openMemory } from './memory.ts';
import type { Context, Part, Up } from './part.ts';
import { api } from './parts/api.ts';
import { keyring, postgres } from './parts/postgres.ts';
import { redis } from './parts/redis.ts';
import { s3 } from './parts/s3.ts';
import { sandbox, vendorNames, type SandboxAddress, type VendorName } from './parts/sandbox.ts';
import { temporal } from './parts/temporal.ts';
import { vault } from './parts/vault.ts';
import { worker } from './parts/worker.ts';
import { createPorts } from './ports.ts';
import { productEnvironment, setupEnvironment, workerEnvironment, type Servers, type Stores } from './product-environment.ts';
import { runSetup, type SetupResult } from './run-setup.ts';
import { startPart } from './start-part.ts';
import { setRobloxWebhook } from './roblox-webhook.ts';
import { registerStripeWebhook } from './stripe-webhook.ts';
import { createSupervisor, stopLeftovers } from './supervisor.ts';

export interface StackOptions {
  readonly home: Home;
  readonly env: NodeJS.ProcessEnv;
  /** Neither set-up nor worker nor API. */
  readonly serversOnly: boolean;
  /** What is being done to a part, in a few words. */
  say(part: string, words: string): void;
  /** One line about something that happened. */
  tell(line: string): void;
  /** For exercises: what worker and API get in the place of the environment made for them, e.g. other ways to the same servers. */
  rewire?(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv>;
}
export interface Stack {
  /** Resolves when all is up; rejects with a StackError when something is not, or when it was stopped meanwhile. */
  readonly up: Promise<StackDescription>;
  /** Stops everything it started, last first, and nothing else. `now` kills instead of asking. */
  stop(now?: boolean): Promise<void>;
}

/** Stopped from the highest to the lowest; the clusters last, since OpenBao writes to one. */
const order = { clusters: 0, servers: 1, product: 2 } as const;

/** What `say` names, in the order in which it is shown. */
export function titles(serversOnly: boolean): Record<string, string> {
  const servers = [postgres, keyring, temporal, s3, redis, vault(), ...vendorNames.map(sandbox)];
  const product = serversOnly ? [] : [{ name: 'setup', title: 'Set-up' }, worker({}), api({})];
  return Object.fromEntries([...servers, ...product].map(({ name, title }) => [name, title]));
}

/** Starts the whole platform. Throws StackError when another stack has this home. */
export function startStack(options: StackOptions): Stack {
  const { home, tell } = options;
  const release = takeLock(home);
  const stopping = new AbortController();
  const file = join(home.dir, 'stack.json');
  let describe: (() => StackDescription) | undefined;
  const write = (): void => {
    if (describe && !stopping.signal.aborted) writePrivateFile(file, JSON.stringify(describe(), null, 2));
  };
  const supervisor = createSupervisor(home, tell, write);

  const bringUp = async (): Promise<StackDescription> => {
    rmSync(file, { force: true });
    rmSync(home.fetching, { recursive: true, force: true });
    const left = await stopLeftovers(home);
    if (left.length > 0) tell(`Stopped what an earlier stack had left running: ${left.join(', ')}.`);
    const memory = openMemory(home);
    const context: Context = { ...options, memory, ports: createPorts(memory), test: false, signal: stopping.signal };
    const start = <A>(part: Part<A>, at: number): Promise<Up<A>> => startPart(part, at, context, supervisor);
    const stores = startStores(start);
    // The set-up needs these alone: it runs while the others come up.
    const prepared = options.serversOnly ? undefined : stores.then((up) => prepare(context, up));
    const [servers, setup] = await Promise.all([startServers(stores, start), prepared]);
    const product = setup && (await startProduct(context, servers, setup, { start, rewire: options.rewire }));
    describe = () => describeStack(servers, product);
    write();
    return describe();
  };
  return {
    up: bringUp(),
    async stop(now = false) {
      stopping.abort();
      await supervisor.stop(now);
      rmSync(file, { force: true });
      release();
    },
  };
}

type Start = <A>(part: Part<A>, at: number) => Promise<Up<A>>;

async function startStores(start: Start): Promise<Stores> {
  const ring = start(keyring, order.clusters);
  const address = ring.then((up) => up.address);
  // Without it OpenBao does not start; when that fails sooner for another reason, nobody waits for it.
  address.catch(() => undefined);
  const [main, keys, transit] = await Promise.all([start(postgres, order.clusters), ring, start(vault(address), order.servers)]);
  return { postgres: main, keyring: keys, vault: transit };
}

async function startServers(stores: Promise<Stores>, start: Start): Promise<Servers> {
  const [{ postgres: main, keyring: keys, vault: transit }, runs, store, cache, ...stands] = await Promise.all([
    stores,
    start(temporal, order.servers),
    start(s3, order.servers),
    start(redis, order.servers),
    ...vendorNames.map((name) => start(sandbox(name), order.servers)),
  ]);
  const sandboxes = Object.fromEntries(vendorNames.map((name, at) => [name, stands[at]])) as Record<VendorName, Up<SandboxAddress>>;
  return { postgres: main, keyring: keys, vault: transit, temporal: runs, s3: store, redis: cache, sandboxes };
}

async function prepare(context: Context, stores: Stores): Promise<SetupResult> {
  context.say('setup', 'migrating');
  const result = await runSetup(context, setupEnvironment(context.env, stores));
  context.say('setup', 'done');
  return result;
}

async function startProduct(
  context: Context,
  servers: Servers,
  { vaultToken, demo }: SetupResult,
  { start, rewire = async (env) => env }: { readonly start: Start; readonly rewire: StackOptions['rewire'] },
): Promise<Product> {
  const { stripe } = servers.sandboxes;
  // Stripe itself is told by its owner, and the secret stands in our environment; beside the sandbox's it is another that may sign.
  const webhook = stripe.pid ? await registerStripeWebhook(context, stripe.address.url) : undefined;
  const own = context.env['STRIPE_WEBHOOK_SECRET'];
  const secrets = {
    VAULT_TOKEN: vaultToken,
    ...(webhook ? { STRIPE_WEBHOOK_SECRET: own ? `${webhook.secret},${own}` : webhook.secret } : {}),
  };
  const env = await rewire({ ...productEnvironment(context.env, servers), ...secrets });
  const forWorker = workerEnvironment(env, servers, await demoBackupRecipient(context.home));
  const [runner, door] = await Promise.all([start(worker(forWorker), order.product), start(api(env), order.product)]);
  await webhook?.pointAt(door.address.url);
  const { roblox } = servers.sandboxes;
  if (roblox.pid) await setRobloxWebhook(roblox.address.url, door.address.url);
  return { worker: runner, api: door, demo };
}
