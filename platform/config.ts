import type { z } from 'zod';
import { ConfigurationError, deepFreeze, type Environment, present, problemsBetween, say } from './config/reading.ts';
import { App, type ofUniverses } from './config/variables.ts';
import type { Universe } from './roblox/universes.ts';
import { readTemporalSettings } from './temporal.ts';
import { findVendorMixes } from './vendor-mix.ts';

export { ConfigurationError } from './config/reading.ts';
export type Config = ReturnType<typeof readConfig>;

function problemsInProduction({ NODE_ENV, MFA_REQUIRED }: { readonly NODE_ENV: string; readonly MFA_REQUIRED: string }): string[] {
  return NODE_ENV === 'production' && MFA_REQUIRED === 'false' ? ['MFA_REQUIRED: cannot be false in production'] : [];
}

function readTemporal(env: Record<string, string>): { settings?: ReturnType<typeof readTemporalSettings>; problems: string[] } {
  try {
    return { settings: readTemporalSettings(env), problems: [] };
  } catch (error) {
    // What the reader throws may quote the file it read, API key and all: only the kind of failure is told.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { problems: [`TEMPORAL_*: the profile, file or certificate they name cannot be read${code}`] };
  }
}

/** What the API and the worker run on, whole and frozen; each part is the option object its factory takes. Throws ConfigurationError. */
export function readConfig(env: Environment = process.env) {
  const given = present(env);
  const parsed = App.safeParse(given);
  const temporal = readTemporal(given);
  const between = parsed.success
    ? [
        ...problemsBetween(parsed.data),
        ...problemsInProduction(parsed.data),
        ...findVendorMixes({ ...given, ...addressesOf(parsed.data) }, parsed.data.NODE_ENV === 'production'),
      ]
    : say(parsed.error.issues, given);
  const problems = [...between, ...temporal.problems];
  if (!parsed.success || !temporal.settings || problems.length > 0) throw new ConfigurationError(problems);
  return deepFreeze({ ...shape(parsed.data), temporal: temporal.settings });
}

const addressesOf = (env: z.infer<typeof App>): Record<string, string> => ({
  STRIPE_API_BASE: env.STRIPE_API_BASE,
  SENDGRID_API_BASE: env.SENDGRID_API_BASE,
  PUSHER_API_BASE: env.PUSHER_API_BASE,
  ROBLOX_API_BASE: env.ROBLOX_API_BASE,
});

const isLive = ({ STRIPE_SECRET_KEY: key }: Pick<z.infer<typeof App>, 'STRIPE_SECRET_KEY'>): boolean => /^[sr]k_live_/.test(key);

type OfUniverses = z.infer<typeof ofUniverses>;
/** What is said of one universe holds instead of what is said of all. */
function wordsFor(universeId: string, parts: OfUniverses): string[] {
  const own = parts.filter((part) => part.universeId === universeId);
  const wanted = own.length > 0 ? own : parts.filter((part) => part.universeId === undefined);
  return wanted.map(({ text }) => text);
}

const universesOf = (env: z.infer<typeof App>): Universe[] =>
  (env.ROBLOX_UNIVERSE_IDS?.split(',') ?? []).map((id) => ({
    id,
    keyPatterns: wordsFor(id, env.ROBLOX_KEY_PATTERNS),
    orderedStores: wordsFor(id, env.ROBLOX_ORDERED_DATA_STORES),
  }));

function shape(env: z.infer<typeof App>) {
  return {
    production: env.NODE_ENV === 'production',
    logLevel: env.LOG_LEVEL,
    database: { url: env.DATABASE_URL },
    keyring: { url: env.KEYRING_DATABASE_URL, shredderUrl: env.KEYRING_SHREDDER_URL },
    keyringBackup: {
      url: env.KEYRING_BACKUP_URL,
      vaultDatabase: env.KEYRING_BACKUP_VAULT_DATABASE,
      recipient: env.KEYRING_BACKUP_RECIPIENT,
      retentionDays: env.KEYRING_BACKUP_RETENTION_DAYS,
    },
    redis: { url: env.REDIS_URL },
    storage: { endpoint: env.S3_ENDPOINT, accessKey: env.S3_ACCESS_KEY, secretKey: env.S3_SECRET_KEY },
    vault: { address: env.VAULT_ADDR, token: env.VAULT_TOKEN, mount: env.VAULT_TRANSIT_MOUNT },
    stripe: { secretKey: env.STRIPE_SECRET_KEY, apiBase: env.STRIPE_API_BASE },
    stripeWebhook: { secrets: env.STRIPE_WEBHOOK_SECRET.split(','), live: isLive(env) },
    mail: {
      apiKey: env.SENDGRID_API_KEY,
      apiBase: env.SENDGRID_API_BASE,
      from: env.MAIL_FROM,
      activityLagSeconds: env.SENDGRID_ACTIVITY_LAG_SECONDS,
    },
    push: { appId: env.PUSHER_APP_ID, key: env.PUSHER_KEY, secret: env.PUSHER_SECRET, apiBase: env.PUSHER_API_BASE },
    roblox: { apiKey: env.ROBLOX_API_KEY, apiBase: env.ROBLOX_API_BASE, universes: universesOf(env) },
    robloxWebhook: { secrets: env.ROBLOX_WEBHOOK_SECRET.split(',') },
    vendorRates: {
      stripe: env.STRIPE_REQUESTS_PER_SECOND ?? (isLive(env) ? 100 : 25),
      sendgrid: env.SENDGRID_REQUESTS_PER_SECOND,
      roblox: env.ROBLOX_REQUESTS_PER_SECOND,
    },
    workflowBundle: env.TEMPORAL_WORKFLOW_BUNDLE,
    temporalUiUrl: env.TEMPORAL_UI_URL,
    publicUrl: env.PUBLIC_URL ?? `http://${env.API_HOST}:${env.API_PORT}`,
    api: { host: env.API_HOST, port: env.API_PORT },
    trustedProxies: env.TRUSTED_PROXIES,
    rateLimits: { account: env.RATE_LIMIT_ACCOUNT, tenant: env.RATE_LIMIT_TENANT, address: env.RATE_LIMIT_ADDRESS },
    mfaRequired: env.MFA_REQUIRED === 'true',
    breakGlassMaxMinutes: env.BREAK_GLASS_MAX_MINUTES,
    signInFailures: env.SIGN_IN_FAILURES,
    metricsPort: env.METRICS_PORT,
    workerShutdownGraceSeconds: env.WORKER_SHUTDOWN_GRACE_SECONDS,
  };
}
