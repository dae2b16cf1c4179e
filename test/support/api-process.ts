import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Databases, useDatabases } from './database.ts';
import { servers } from './servers.ts';
import { until } from './until.ts';
import { type TestVault, useVault } from './vault.ts';

interface Line {
  readonly message?: string;
  readonly port?: number;
}
export interface ApiProcess {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  stderr: string;
  /** Resolves with its address once it is ready. */
  url(): Promise<string>;
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number | null>;
}

export interface ApiProcesses {
  readonly databases: Databases;
  readonly vault: TestVault;
  /** Runs api/main.ts on the suite's databases and the real servers. `preload`: a module that is loaded before it. */
  run(env?: Readonly<Record<string, string>>, preload?: string): ApiProcess;
}

/** Call in a `describe`: the API as operators run it. What is left running goes with the suite. */
export function useApiProcesses(): ApiProcesses {
  const databases = useDatabases();
  const vault = useVault();
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  });
  return {
    databases,
    vault,
    run(env = {}, preload) {
      const running = start({ ...environment(databases, vault), ...env }, preload);
      children.push(running.child);
      return running;
    },
  };
}

const environment = (databases: Databases, vault: TestVault): Record<string, string> => ({
  DATABASE_URL: databases.urls.main,
  KEYRING_DATABASE_URL: databases.urls.keyring,
  VAULT_ADDR: vault.address,
  VAULT_TOKEN: vault.appToken,
  VAULT_TRANSIT_MOUNT: vault.mount,
  REDIS_URL: servers().redis.url,
  S3_ENDPOINT: servers().s3.endpoint,
  S3_ACCESS_KEY: servers().s3.accessKey,
  S3_SECRET_KEY: servers().s3.secretKey,
  TEMPORAL_ADDRESS: servers().temporal.address,
  STRIPE_SECRET_KEY: 'sk_test_none',
  STRIPE_WEBHOOK_SECRET: 'whsec_test',
  ROBLOX_API_KEY: 'rbx-sandbox',
  ROBLOX_API_BASE: 'http://127.0.0.1:9',
  ROBLOX_WEBHOOK_SECRET: 'roblox-secret',
  STRIPE_API_BASE: 'http://127.0.0.1:9',
  SENDGRID_API_KEY: 'SG.none',
  SENDGRID_API_BASE: 'http://127.0.0.1:9',
  MAIL_FROM: 'ToolboxAI <hello@toolbox.example>',
  PUSHER_APP_ID: '1',
  PUSHER_KEY: 'key',
  PUSHER_SECRET: 'secret',
  PUSHER_API_BASE: 'http://127.0.0.1:9',
  API_PORT: '0',
  METRICS_PORT: '0',
});

function start(env: Record<string, string>, preload?: string): ApiProcess {
  const bare = {
    PATH: process.env['PATH'] ?? '',
    ...(process.env['NODE_V8_COVERAGE'] ? { NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] } : {}),
  };
  const preloads = ['tsx', ...(preload === undefined ? [] : [preload])].flatMap((module) => ['--import', module]);
  const child = spawn(process.execPath, [...preloads, 'api/main.ts'], { env: { ...bare, ...env } });
  const lines: Line[] = [];
  const running: ApiProcess = {
    child,
    lines,
    stderr: '',
    url: async () => `http://127.0.0.1:${(await until(() => lines.find(({ message }) => message === 'ready'), 30_000)).port}`,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    },
  };
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    lines.push(...whole.map((line) => JSON.parse(line) as Line));
  });
  child.stderr.on('data', (chunk: Buffer) => (running.stderr += chunk.toString()));
  return running;
}
