import { randomBytes } from 'node:crypto';
import { ensureAppRole } from '../platform/app-role.ts';
import { ConfigurationError, readSetupConfig, type SetupConfig } from '../platform/config/tools.ts';
import { openDatabase, openKeyring } from '../platform/database.ts';
import { ensureDemoAccount } from '../platform/demo-account.ts';
import { createKeyring } from '../platform/keyring.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { migrate, type Cluster } from '../platform/migrator.ts';
import { ensurePlatformTenant } from '../platform/platform-tenant.ts';
import { prepareVault } from '../platform/prepare-vault.ts';
import { createVault } from '../platform/vault.ts';

/** The one line on stdout: what the programs started next need. It holds secrets: it goes to whoever runs the set-up and into no log. */
interface SetupResult {
  /** For the API and the worker; a new one each time, the older stay good while they are used. */
  readonly vaultToken: string;
  readonly demo: { readonly email: string; readonly password: string; readonly tenant: string } | null;
}
const demoLogin = 'ops@toolbox.example';

async function prepareCluster({ url, ownerUrl }: { url: string; ownerUrl: string }, cluster: Cluster, log: Logger): Promise<void> {
  const owner = openDatabase(ownerUrl, { poolMax: 3 });
  try {
    await ensureAppRole(owner, url);
    const applied = await migrate(owner, cluster);
    log.info({ part: cluster, count: applied.length }, 'schema is up to date');
  } finally {
    await owner.destroy();
  }
}

async function prepareDemo(config: SetupConfig, vaultToken: string): Promise<SetupResult['demo']> {
  if (config.production && config.demoPassword === undefined) return null;
  const password = config.demoPassword ?? randomBytes(12).toString('base64url');
  const { address, mount } = config.vault;
  const [main, ring] = [openDatabase(config.database.url, { poolMax: 2 }), openKeyring(config.keyring.url, { poolMax: 2 })];
  try {
    const keyring = createKeyring({ knex: ring, vault: createVault({ address, token: vaultToken, mount }) });
    await ensureDemoAccount({ main, keyring }, demoLogin, password);
    return { email: demoLogin, password, tenant: 'platform' };
  } finally {
    await Promise.all([main.destroy(), ring.destroy()]);
  }
}

async function preparePlatformTenant({ database }: SetupConfig): Promise<void> {
  const main = openDatabase(database.url, { poolMax: 1 });
  try {
    await ensurePlatformTenant(main);
  } finally {
    await main.destroy();
  }
}

/** A part has failed, and has said so in the log. */
class SetupFailed extends Error {}

/** Each part names itself when it fails: what the servers say may hold secrets and is not told. */
async function setUp(config: SetupConfig, log: Logger): Promise<SetupResult> {
  const part = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      log.error({ part: name, err: error }, 'set-up failed');
      throw new SetupFailed(name, { cause: error });
    }
  };
  await Promise.all([
    part('main', () => prepareCluster(config.database, 'main', log)),
    part('keyring', () => prepareCluster(config.keyring, 'keyring', log)),
  ]);
  await part('platform tenant', () => preparePlatformTenant(config));
  const { appToken } = await part('vault', () => prepareVault(config.vault));
  const demo = await part('demo account', () => prepareDemo(config, appToken));
  return { vaultToken: appToken, demo };
}

async function main(): Promise<number> {
  try {
    const config = readSetupConfig();
    const log = createLogger({ level: config.logLevel, service: 'setup', destination: process.stderr });
    process.stdout.write(`${JSON.stringify(await setUp(config, log))}\n`);
    return 0;
  } catch (error) {
    if (error instanceof SetupFailed) return 1;
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main();
