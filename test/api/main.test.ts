import assert from 'node:assert/strict';
import { once } from 'node:events';
import { useApiProcesses } from '../support/api-process.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

describe('the API as a process', function () {
  this.timeout(60_000);
  const processes = useApiProcesses();

  it('says when it is ready, serves and measures, and ends cleanly when it is told to', async () => {
    const metricsPort = await freePort();
    const running = processes.run({ METRICS_PORT: String(metricsPort) });
    const url = await running.url();
    const readiness = await fetch(`${url}/readyz`);
    assert.equal(readiness.status, 200, await readiness.text());
    assert.equal((await fetch(`${url}/v1/tenants/0190d1a0-0000-7000-8000-0000000000ff`)).status, 401);
    assert.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200);
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    await until(async () =>
      /http_request_duration_seconds_count\{method="GET",route="\/v1\/tenants\/\{id\}",status="401"\} 1/.test(await metrics()),
    );
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
    assert.deepEqual([await running.stop(), running.lines.at(-1)?.message], [0, 'stopped']);
  });

  it('starts without Temporal and Redis, and says so when asked', async () => {
    const running = processes.run({ TEMPORAL_ADDRESS: '127.0.0.1:9', REDIS_URL: 'redis://127.0.0.1:9' });
    const response = await fetch(`${await running.url()}/readyz`);
    assert.deepEqual([response.status, ((await response.json()) as { status: string }).status], [200, 'degraded']);
    assert.equal(await running.stop(), 0);
  });

  it('refuses a bad configuration by name and without a stack trace', async () => {
    const running = processes.run({ STRIPE_SECRET_KEY: 'hunter2', DATABASE_URL: '' });
    const [code] = (await once(running.child, 'exit')) as [number | null];
    assert.equal(code, 1);
    assert.match(running.stderr, /DATABASE_URL: is missing/);
    assert.match(running.stderr, /STRIPE_SECRET_KEY/);
    assert.doesNotMatch(running.stderr, /hunter2|\n {4}at /);
  });
});
