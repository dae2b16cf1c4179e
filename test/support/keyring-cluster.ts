import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome } from '../../stack/home.ts';
import { openMemory } from '../../stack/memory.ts';
import type { Context } from '../../stack/part.ts';
import { keyring, type PostgresAddress, vaultStorage } from '../../stack/parts/postgres.ts';
import { vault, type VaultAddress } from '../../stack/parts/vault.ts';
import { createPorts } from '../../stack/ports.ts';
import { startPart } from '../../stack/start-part.ts';
import { createSupervisor } from '../../stack/supervisor.ts';

/** A keyring's cluster of one's own, as `npm start` makes it, and the OpenBao that keeps its state there. */
export interface KeyringCluster {
  readonly address: Required<PostgresAddress>;
  /** As the owner of OpenBao's database. */
  readonly vaultStorageUrl: string;
  /** What OpenBao is unsealed by, and who may do everything there: neither is in a backup. */
  readonly outside: { readonly sealKey: Buffer; readonly token: string };
  startVault(): Promise<VaultAddress>;
  stop(): Promise<void>;
}

/** Starts the cluster alone. @param outside what was kept of another OpenBao, whose state this one is to have */
export async function startKeyringCluster(outside?: KeyringCluster['outside']): Promise<KeyringCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'toolbox-keyring-'));
  chmodSync(dir, 0o711); // PostgreSQL runs as a user of its own where we are root
  const home = openHome(dir);
  const memory = openMemory(home);
  const env = { PATH: process.env['PATH'] };
  const context: Context = {
    home,
    memory,
    ports: createPorts(memory),
    env,
    test: false,
    signal: new AbortController().signal,
    say: () => undefined,
  };
  const sealKey = join(home.data('vault'), 'seal.key');
  if (outside) {
    mkdirSync(home.data('vault'), { recursive: true });
    writeFileSync(sealKey, outside.sealKey, { mode: 0o600 });
    memory.keep('vault.token', outside.token);
  }
  const supervisor = createSupervisor(
    home,
    () => undefined,
    () => undefined,
  );
  const { address } = await startPart(keyring, 0, context, supervisor);
  const storage = new URL(String(address.adminUrl));
  storage.username = vaultStorage.owner;
  storage.password = memory.secret(`keyring.${vaultStorage.owner}`);
  storage.pathname = `/${vaultStorage.name}`;
  return {
    address: address as Required<PostgresAddress>,
    vaultStorageUrl: storage.href,
    get outside() {
      return { sealKey: readFileSync(sealKey), token: memory.secret('vault.token') };
    },
    startVault: async () => (await startPart(vault(Promise.resolve(address)), 1, context, supervisor)).address,
    async stop() {
      await supervisor.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
