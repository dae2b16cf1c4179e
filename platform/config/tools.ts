import { ConfigurationError, deepFreeze, type Environment, present, problemsBetween, say } from './reading.ts';
import { Restore, Setup } from './variables.ts';

export { ConfigurationError } from './reading.ts';
export type SetupConfig = ReturnType<typeof readSetupConfig>;

/** What `cli/setup.ts` runs on: it alone holds the owners' and the vault's full powers. Throws ConfigurationError. */
export function readSetupConfig(env: Environment = process.env) {
  const given = present(env);
  const parsed = Setup.safeParse(given);
  const problems = parsed.success ? problemsBetween(parsed.data) : say(parsed.error.issues, given);
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems);
  const { data } = parsed;
  return deepFreeze({
    logLevel: data.LOG_LEVEL,
    database: { url: data.DATABASE_URL, ownerUrl: data.DATABASE_OWNER_URL },
    keyring: { url: data.KEYRING_DATABASE_URL, ownerUrl: data.KEYRING_OWNER_URL },
    vault: { address: data.VAULT_ADDR, adminToken: data.VAULT_ADMIN_TOKEN, mount: data.VAULT_TRANSIT_MOUNT },
    production: data.NODE_ENV === 'production',
    demoPassword: data.DEMO_PASSWORD,
  });
}

/** Where the main cluster is, for who only reads it. Throws ConfigurationError. */
export function readDatabaseUrl(env: Environment = process.env): string {
  const given = present(env);
  const parsed = Setup.pick({ DATABASE_URL: true }).safeParse(given);
  if (!parsed.success) throw new ConfigurationError(say(parsed.error.issues, given));
  return parsed.data.DATABASE_URL;
}

/** What `cli/keyring-restore.ts` runs on. Throws ConfigurationError. */
export function readRestoreConfig(env: Environment = process.env) {
  const given = present(env);
  const parsed = Restore.safeParse(given);
  if (!parsed.success) throw new ConfigurationError(say(parsed.error.issues, given));
  return deepFreeze({ ownerUrl: parsed.data.KEYRING_OWNER_URL, vaultUrl: parsed.data.BAO_PG_CONNECTION_URL });
}

/** What `cli/rotate-signing-key.ts` runs on. Throws ConfigurationError. */
export function readVaultAdminConfig(env: Environment = process.env) {
  const given = present(env);
  const parsed = Setup.pick({ VAULT_ADDR: true, VAULT_ADMIN_TOKEN: true, VAULT_TRANSIT_MOUNT: true }).safeParse(given);
  if (!parsed.success) throw new ConfigurationError(say(parsed.error.issues, given));
  const { VAULT_ADDR: address, VAULT_ADMIN_TOKEN: adminToken, VAULT_TRANSIT_MOUNT: mount } = parsed.data;
  return deepFreeze({ address, adminToken, mount });
}
