import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useDatabases } from '../support/database.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

interface Line {
  readonly message?: string;
  readonly port?: number;
}
interface Running {
  readonly child: ChildProcess;
  readonly lines: Line[];
  stderr: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function run(env: Record<string, string>): Running {
  const bare = {
    PATH: process.env['PATH'] ?? '',
    ...(process.env['NODE_V8_COVERAGE'] ? { NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] } : {}),
  };
  const child = spawn(process.execPath, ['--import', 'tsx', 'api/main.ts'], { env: { ...bare, ...env } });
  const running: Running = { child, lines: [], stderr: '' };
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    running.lines.push(...whole.map((line) => JSON.parse(line) as Line));
  });
  child.stderr.on('data', (chunk: Buffer) => (running.stderr += chunk.toString()));
  return running;
}

describe('the API as a process', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const holder = useVault();
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  });

  const environment = (metricsPort: number): Record<string, string> => ({
    DATABASE_URL: databases.urls.main,
    KEYRING_DATABASE_URL: databases.urls.keyring,
    VAULT_ADDR: holder.address,
    VAULT_TOKEN: holder.appToken,
    VAULT_TRANSIT_MOUNT: holder.mount,
    REDIS_URL: servers().redis.url,
    S3_ENDPOINT: servers().s3.endpoint,
    S3_ACCESS_KEY: servers().s3.accessKey,
    S3_SECRET_KEY: servers().s3.secretKey,
    TEMPORAL_ADDRESS: servers().temporal.address,
    STRIPE_SECRET_KEY: 'sk_test_none',
    STRIPE_API_BASE: 'http://127.0.0.1:9',
    SENDGRID_API_KEY: 'SG.none',
    SENDGRID_API_BASE: 'http://127.0.0.1:9',
    MAIL_FROM: 'ToolboxAI <hello@toolbox.example>',
    PUSHER_APP_ID: '1',
    PUSHER_KEY: 'key',
    PUSHER_SECRET: 'secret',
    PUSHER_API_BASE: 'http://127.0.0.1:9',
    API_PORT: '0',
    METRICS_PORT: String(metricsPort),
  });

  it('says when it is ready, serves and measures, and ends cleanly when it is told to', async () => {
    const metricsPort = await freePort();
    const running = run(environment(metricsPort));
    children.push(running.child);
    const ready = await until(() => running.lines.find(({ message }) => message === 'ready'), 30_000);
    const url = `http://127.0.0.1:${ready.port}`;
    const readiness = await fetch(`${url}/readyz`);
    assert.equal(readiness.status, 200, await readiness.text());
    assert.equal((await fetch(`${url}/v1/tenants/0190d1a0-0000-7000-8000-0000000000ff`)).status, 401);
    assert.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200);
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    await until(async () =>
      /http_request_duration_seconds_count\{method="GET",route="\/v1\/tenants\/\{id\}",status="401"\} 1/.test(await metrics()),
    );
    assert.equal((await fetch(`${url}/metrics`)).status, 404);

    running.child.kill('SIGTERM');
    const [code] = (await once(running.child, 'exit')) as [number | null];
    assert.deepEqual([code, running.lines.at(-1)?.message], [0, 'stopped']);
  });

  it('starts without Temporal and Redis, and says so when asked', async () => {
    const running = run({ ...environment(0), TEMPORAL_ADDRESS: '127.0.0.1:9', REDIS_URL: 'redis://127.0.0.1:9' });
    children.push(running.child);
    const ready = await until(() => running.lines.find(({ message }) => message === 'ready'), 30_000);
    const response = await fetch(`http://127.0.0.1:${ready.port}/readyz`);
    assert.deepEqual([response.status, ((await response.json()) as { status: string }).status], [200, 'degraded']);
    running.child.kill('SIGTERM');
    const [code] = (await once(running.child, 'exit')) as [number | null];
    assert.equal(code, 0);
  });

  it('refuses a bad configuration by name and without a stack trace', async () => {
    const running = run({ ...environment(0), STRIPE_SECRET_KEY: 'hunter2', DATABASE_URL: '' });
    children.push(running.child);
    const [code] = (await once(running.child, 'exit')) as [number | null];
    assert.equal(code, 1);
    assert.match(running.stderr, /DATABASE_URL: is missing/);
    assert.match(running.stderr, /STRIPE_SECRET_KEY/);
    assert.doesNotMatch(running.stderr, /hunter2|\n {4}at /);
  });
});
