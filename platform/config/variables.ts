import { z } from 'zod';
import { defaultBreakGlassMinutes, longestBreakGlassMinutes } from '../../domain/break-glass.ts';
import { isKeyPattern } from '../roblox/universes.ts';

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s):// URL' }).transform((url) => url.replace(/\/+$/, ''));
const secret = z.string();
const port = z.coerce.number().int().min(0).max(65_535);
const perMinute = z.coerce.number().int().min(0).max(100_000_000);
/** Requests a second that a vendor allows an account; less than one is one every few seconds. */
const perSecond = z.coerce.number().min(0.01).max(100_000);
/** Words separated by commas, each of them for one universe or for all. */
export const ofUniverses = z.string().transform((list) =>
  list.split(',').flatMap((part) => {
    const [, universeId, text = ''] = /^(?:(\d+)=)?(.*)$/.exec(part.trim()) ?? [];
    return text === '' ? [] : [{ universeId, text }];
  }),
);
const logLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info');

const Shared = {
  /** Main cluster, as role toolbox_app. */
  DATABASE_URL: postgresUrl,
  /** Keyring cluster (its own server: it has its own backups), as role keyring_app. */
  KEYRING_DATABASE_URL: postgresUrl,
  /** OpenBao or Vault. */
  VAULT_ADDR: httpUrl,
  /** Where its transit engine is mounted. */
  VAULT_TRANSIT_MOUNT: z
    .string()
    .regex(/^[\w-]+$/)
    .default('transit'),
  /** The least that is logged. */
  LOG_LEVEL: logLevel,
  /** `production` forbids test keys with the vendors' own addresses, and a demo account nobody asked for. */
  NODE_ENV: z.string().default('development'),
};

/** What the API and the worker read. */
export const App = z.object({
  ...Shared,
  /** redis:// or rediss://: token blacklist, rate limits, live hints. Nothing in it is needed after a loss. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }),
  /** Keyring cluster, as role keyring_shredder; only the worker gets it. */
  KEYRING_SHREDDER_URL: postgresUrl.optional(),
  /** Keyring cluster, as role keyring_backup; only the worker gets it. */
  KEYRING_BACKUP_URL: postgresUrl.optional(),
  /** The database of the keyring cluster in which OpenBao keeps its state; not set when that is elsewhere, and backed up there. */
  KEYRING_BACKUP_VAULT_DATABASE: z.string().optional(),
  /** To whom backups of the keyring are sealed (age). The identity that opens them is on no host of the platform. */
  KEYRING_BACKUP_RECIPIENT: z
    .string()
    .regex(/^age1[0-9a-z]+$/, 'must be a recipient of age: age1...')
    .optional(),
  /** After so many days a backup of the keyring is removed: until then it may hold keys that were destroyed. */
  KEYRING_BACKUP_RETENTION_DAYS: z.coerce.number().int().min(1).max(90).default(7),
  /** Any S3 API. */
  S3_ENDPOINT: httpUrl,
  S3_ACCESS_KEY: secret,
  S3_SECRET_KEY: secret,
  /** Token with the app's policy only; `cli/setup.ts` issues it. */
  VAULT_TOKEN: secret,
  STRIPE_SECRET_KEY: z.string().regex(/^[sr]k_(live|test)_/, 'must be a secret or restricted key'),
  /** The signing secret of our webhook endpoint at Stripe; the old and the new one, separated by a comma, while it is rolled. */
  STRIPE_WEBHOOK_SECRET: z.string().regex(/^whsec_\w+(?:,whsec_\w+)?$/, 'must be whsec_..., or two of them separated by a comma'),
  STRIPE_API_BASE: httpUrl.default('https://api.stripe.com'),
  /** Stripe allows an account 100 with a live key, 25 with a test key, which are the defaults. */
  STRIPE_REQUESTS_PER_SECOND: perSecond.optional(),
  SENDGRID_API_KEY: z.string().startsWith('SG.'),
  SENDGRID_API_BASE: httpUrl.default('https://api.sendgrid.com'),
  /** How long a sent mail may be missing from SendGrid's Activity API. */
  SENDGRID_ACTIVITY_LAG_SECONDS: z.coerce.number().int().min(0).default(300),
  /** SendGrid documents 10,000 for mails and publishes no others. */
  SENDGRID_REQUESTS_PER_SECOND: perSecond.default(10_000),
  /** The verified sender: an address, or `Name <address>`. */
  MAIL_FROM: z.string().regex(/^(?:[^<>@]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, 'must be an address or `Name <address>`'),
  PUSHER_APP_ID: z.string(),
  PUSHER_KEY: z.string(),
  PUSHER_SECRET: secret,
  /** The app's own cluster, e.g. https://api-eu.pusher.com. */
  PUSHER_API_BASE: httpUrl,
  /** An Open Cloud key with the scopes that docs/runbooks names. */
  ROBLOX_API_KEY: secret,
  ROBLOX_API_BASE: httpUrl.default('https://apis.roblox.com'),
  /** The secret of our webhook at Roblox; the old and the new one, separated by a comma, while it is changed. */
  ROBLOX_WEBHOOK_SECRET: z
    .string()
    .regex(/^[^\s,]{8,}(?:,[^\s,]{8,})?$/, 'must be a secret of at least 8 signs, or two separated by a comma'),
  /** Our experiences, separated by commas. */
  ROBLOX_UNIVERSE_IDS: z
    .string()
    .regex(/^\d+(?:,\d+)*$/, 'must be numbers separated by commas')
    .optional(),
  /** The keys under which experiences store a user, separated by commas; `<universe id>=` before one: of that universe, which then has no others. */
  ROBLOX_KEY_PATTERNS: ofUniverses
    .refine((parts) => parts.every(({ text }) => isKeyPattern(text)), 'must hold {userId} once each')
    .prefault('user_{userId}'),
  /** Ordered data stores to be looked through, which Roblox does not list: `Wins`, `Wins/<scope>`; separated and told apart as the patterns are. */
  ROBLOX_ORDERED_DATA_STORES: ofUniverses.prefault(''),
  /** Data stores take 300 a minute of each kind from an experience nobody plays; what is stricter goes one request an activity. */
  ROBLOX_REQUESTS_PER_SECOND: perSecond.default(5),
  /** The prebuilt bundle (`npm run build`); absent, the worker bundles when it starts. */
  TEMPORAL_WORKFLOW_BUNDLE: z.string().optional(),
  /** Where people look at runs; only for links. */
  TEMPORAL_UI_URL: httpUrl.optional(),
  /** The platform's address as the world sees it: issuer of tokens, links in mails. Default: API_HOST and API_PORT. */
  PUBLIC_URL: httpUrl.optional(),
  API_HOST: z.string().default('127.0.0.1'),
  API_PORT: port.default(3000),
  /** How many proxies of ours stand before the API; 0: the address that connects is the visitor's. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  /** Requests a minute of one account, of one tenant, of one address (a school has one for all of it); 0 is no limit. */
  RATE_LIMIT_ACCOUNT: perMinute.default(1_200),
  RATE_LIMIT_TENANT: perMinute.default(30_000),
  RATE_LIMIT_ADDRESS: perMinute.default(12_000),
  /** Whether the platform's own roles need a second factor. `false` is refused in production. */
  MFA_REQUIRED: z.enum(['true', 'false']).default('true'),
  /** The longest time, in minutes, platform staff may enter a school for by break-glass. */
  BREAK_GLASS_MAX_MINUTES: z.coerce.number().int().min(1).max(longestBreakGlassMinutes).default(defaultBreakGlassMinutes),
  /** Failed sign-ins of a login from one address in a quarter of an hour, five times as many in an hour from everywhere; 0 is no limit. */
  SIGN_IN_FAILURES: perMinute.default(10),
  /** Of the API and the worker alike: give each its own on one machine. 0 takes any free port. */
  METRICS_PORT: port.default(9464),
  /** How long the worker waits for running activities when it is told to stop. */
  WORKER_SHUTDOWN_GRACE_SECONDS: z.coerce.number().int().positive().default(30),
});

/** What `cli/setup.ts` reads, and parts of it other tools. */
export const Setup = z.object({
  ...Shared,
  /** Main cluster, as the role that owns its database. */
  DATABASE_OWNER_URL: postgresUrl,
  /** Keyring cluster, as the role that owns its database. */
  KEYRING_OWNER_URL: postgresUrl,
  /** May mount engines, write policies and issue tokens. */
  VAULT_ADMIN_TOKEN: secret,
  /** Password of the demo account, at least 12 characters. Absent, a new one is made; in production there is no such account then. */
  DEMO_PASSWORD: z.string().min(12).optional(),
});

/** What `cli/keyring-restore.ts` reads. */
export const Restore = z.object({
  /** The new keyring's database, as the role that owns it. */
  KEYRING_OWNER_URL: postgresUrl,
  /** Where the new OpenBao is to keep its state, as the role that owns it: its own variable. Not set, only the keyring is restored. */
  BAO_PG_CONNECTION_URL: postgresUrl.optional(),
});
