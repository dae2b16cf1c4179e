import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allOrNone } from '../all-or-none.ts';
import { bareEnvironment } from '../environment.ts';
import { writePrivateFile } from '../home.ts';
import type { Context, Launch, Part } from '../part.ts';
import { resolveProgram } from '../resolve-program.ts';
import { StackError } from '../stack-error.ts';
import { answersOk, untilHealthy } from '../wait.ts';
import { vaultStorage, type PostgresAddress } from './postgres.ts';
import { emptyDatabase } from './postgres-roles.ts';

export interface VaultAddress {
  readonly url: string;
  /** May do everything: setup issues the app its own. */
  readonly token: string;
}

const tokenName = 'vault.token';
const beganName = 'vault.initialising';

async function launch(context: Context, program: string, keyring: PostgresAddress): Promise<Launch<VaultAddress>> {
  const { memory, ports, env } = context;
  const [port, clusterPort] = await Promise.all([ports.choose('vault'), ports.choose('vault-cluster')]);
  const url = `http://127.0.0.1:${port}`;
  const storage = storageUrl(context, keyring);
  // Killed between its initialisation and our keeping of its token: nobody can have stored anything yet, so begin again.
  if (memory.recall(beganName) !== undefined) await emptyDatabase(storage.admin, vaultStorage);
  return {
    program,
    args: ['server', `-config=${writeConfig(context, port, clusterPort)}`],
    env: { ...bareEnvironment(env), BAO_PG_CONNECTION_URL: storage.url },
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    healthy: () => answersOk(`${url}/v1/sys/health?uninitcode=200`),
    settle: () => initialise(context, url),
  };
}

function writeConfig({ home }: Context, port: number, clusterPort: number): string {
  const data = home.data('vault');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const sealKey = join(data, 'seal.key');
  if (!existsSync(sealKey)) writeFileSync(sealKey, randomBytes(32), { mode: 0o600 });
  const config = join(data, 'openbao.json');
  const settings = {
    storage: { postgresql: { ha_enabled: 'false' } },
    listener: [{ tcp: { address: `127.0.0.1:${port}`, cluster_address: `127.0.0.1:${clusterPort}`, tls_disable: true } }],
    seal: [{ static: { current_key_id: 'toolbox-1', current_key: `file://${sealKey}` } }],
    api_addr: `http://127.0.0.1:${port}`,
    cluster_addr: `https://127.0.0.1:${clusterPort}`,
    log_level: 'warn',
  };
  writePrivateFile(config, JSON.stringify(settings));
  return config;
}

/** For tests: in memory, ready at once. */
async function launchInMemory({ memory, ports, env }: Context, program: string): Promise<Launch<VaultAddress>> {
  const port = await ports.choose('vault');
  const token = memory.secret(tokenName);
  const url = `http://127.0.0.1:${port}`;
  return {
    program,
    args: ['server', '-dev', '-dev-no-store-token', `-dev-listen-address=127.0.0.1:${port}`, '-log-level=warn'],
    env: { ...bareEnvironment(env), BAO_DEV_ROOT_TOKEN_ID: token },
    stopSignal: 'SIGTERM',
    stopWithinMs: 5_000,
    healthy: () => answersOk(`${url}/v1/sys/health`),
    settle: async () => ({ url, token }),
  };
}

function storageUrl({ memory }: Context, keyring: PostgresAddress): { url: string; admin: string } {
  if (keyring.adminUrl === undefined)
    throw new StackError(
      'KEYRING_DATABASE_URL is set without VAULT_ADDR and VAULT_ADMIN_TOKEN: OpenBao keeps its state in the keyring cluster started here.',
    );
  const url = new URL(keyring.adminUrl);
  url.username = vaultStorage.owner;
  url.password = memory.secret(`keyring.${vaultStorage.owner}`);
  url.pathname = `/${vaultStorage.name}`;
  url.searchParams.set('sslmode', 'disable');
  return { url: url.href, admin: keyring.adminUrl };
}

async function initialise({ home, memory }: Context, url: string): Promise<VaultAddress> {
  const status = (await (await fetch(`${url}/v1/sys/init`)).json()) as { initialized: boolean };
  const known = memory.recall(tokenName);
  if (status.initialized && known === undefined)
    throw new StackError(
      `OpenBao has data, but ${home.dir}/secrets.json has lost its token: restore that file, or delete ${home.dir}/data to start over.`,
    );
  if (!status.initialized) {
    memory.keep(beganName, 'yes');
    const response = await fetch(`${url}/v1/sys/init`, {
      method: 'PUT',
      body: JSON.stringify({ recovery_shares: 1, recovery_threshold: 1 }),
    });
    if (!response.ok) throw new StackError(`OpenBao cannot be initialised (${response.status}): see ${home.log('vault')}.`);
    const made = (await response.json()) as { root_token: string; recovery_keys_base64: string[] };
    memory.keep('vault.recovery', String(made.recovery_keys_base64[0]));
    memory.keep(tokenName, made.root_token);
    memory.forget(beganName);
    await untilHealthy(() => answersOk(`${url}/v1/sys/health`), 20_000, AbortSignal.timeout(20_000));
  }
  return { url, token: memory.secret(tokenName) };
}

/** @param keyring where OpenBao keeps its state, awaited when its program is there; tests keep it in memory and pass none */
export const vault = (keyring?: Promise<PostgresAddress>): Part<VaultAddress> => ({
  name: 'vault',
  title: 'OpenBao',
  external(env) {
    const given = allOrNone(env, ['VAULT_ADDR', 'VAULT_ADMIN_TOKEN']);
    return given && { url: given.VAULT_ADDR, token: given.VAULT_ADMIN_TOKEN };
  },
  resolve: (context) => resolveProgram('openbao', 'vault', context),
  launch: async (context, program) => (keyring ? launch(context, program, await keyring) : launchInMemory(context, program)),
});
