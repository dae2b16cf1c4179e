import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { createApiClient } from '../../cli/support/api-client.ts';
import type { StackFile } from '../../cli/support/stack-file.ts';
import { type Sample, scrape } from '../support/prometheus.ts';
import { until } from '../support/until.ts';

/** Where the stack's programs are scraped. */
interface Measured {
  readonly api: { readonly metrics: string };
  readonly worker: { readonly metrics: string };
}

/** What the README promises a newcomer, typed as the newcomer would. */
describe('a newcomer', function () {
  this.timeout(240_000);
  const home = mkdtempSync(join(tmpdir(), 'toolbox-e2e-'));
  chmodSync(home, 0o755); // PostgreSQL runs as a user of its own where we are root
  const env = { ...process.env, NO_COLOR: '1', TOOLBOX_HOME: home, TOOLBOX_BIN: resolve('.toolbox/bin') };
  const slug = `e2e-${process.pid}`;
  let stack: ChildProcess | undefined;

  const node = (file: string, args: readonly string[]) =>
    spawn(process.execPath, ['--import', 'tsx', file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });

  async function start(): Promise<void> {
    const child = node('stack/main.ts', []);
    stack = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    await until(() => said.includes('npm run demo') || child.exitCode !== null, 120_000);
    assert.equal(child.exitCode, null, said);
  }
  async function stop(): Promise<void> {
    if (!stack || stack.exitCode !== null) return;
    stack.kill('SIGTERM');
    await once(stack, 'exit');
  }
  async function demo(...args: string[]): Promise<{ code: number | null; said: string; complained: string }> {
    const child = node('cli/demo.ts', args);
    const [[code], said, complained] = await Promise.all([
      once(child, 'exit') as Promise<[number | null]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    return { code, said, complained };
  }
  const described = () => JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as StackFile & Measured;

  before(start);
  after(async () => {
    await stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('onboards a school and sees what now exists', async () => {
    const { code, said, complained } = await demo('--users', '40', '--slug', slug);
    assert.equal(code, 0, said + complained);
    for (const shown of [
      /✓ import-roster/,
      /Users\s*│ 40/,
      /Classes\s*│ \d+/,
      /Invoice\s*│ \S+: \$0\.00, paid/,
      /Mails sent\s*│ [1-9]/,
      /Temporal UI/,
    ]) {
      assert.match(said, shown);
    }
  });

  it('is measured: requests by route and status, the latencies, slots, caches and pollers of each queue', async () => {
    const { api, worker } = described();
    const [ofApi, ofWorker] = await Promise.all([scrape(api.metrics), scrape(worker.metrics)]);
    const count = (samples: readonly Sample[], name: string, labels: Sample['labels']): number | undefined =>
      samples.find((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
        ?.value;
    const start = { method: 'POST', route: '/v1/processes/onboard-school/runs', status: '202' };
    assert.equal(count(ofApi, 'http_request_duration_seconds_count', start), 1);
    assert.ok((count(ofApi, 'http_request_duration_seconds_sum', start) ?? 0) > 0);
    const ofMain = { task_queue: 'main' };
    const wanted = [
      ['temporal_activity_execution_latency_seconds_count', { activity_type: 'startSubscription', task_queue: 'stripe' }],
      ['temporal_activity_schedule_to_start_latency_seconds_count', { task_queue: 'sendgrid' }],
      ['temporal_workflow_task_execution_latency_seconds_count', { ...ofMain, workflow_type: 'onboardSchool' }],
      ['temporal_workflow_task_schedule_to_start_latency_seconds_count', ofMain],
      ['temporal_workflow_completed_total', { ...ofMain, workflow_type: 'onboardSchool' }],
      ['temporal_sticky_cache_hit_total', ofMain],
      ['temporal_worker_task_slots_available', { ...ofMain, worker_type: 'ActivityWorker' }],
      ['temporal_worker_task_slots_available', { ...ofMain, worker_type: 'WorkflowWorker' }],
      ['temporal_worker_task_slots_available', { task_queue: 'stripe', worker_type: 'ActivityWorker' }],
      ...['main', 'stripe', 'sendgrid'].map(
        (queue) => ['temporal_num_pollers', { task_queue: queue, poller_type: 'activity_task' }] as const,
      ),
      ['temporal_num_pollers', { ...ofMain, poller_type: 'workflow_task' }],
    ] as const;
    assert.deepEqual(
      wanted.filter(([name, labels]) => !((count(ofWorker, name, labels) ?? 0) > 0)),
      [],
    );
    assert.ok(count(ofWorker, 'temporal_sticky_cache_size', ofMain) !== undefined);
    // An activity that came with the answer to its workflow's task has passed by its queue, and by the queue's rate.
    const received = ofWorker.filter(({ name }) => name === 'temporal_activity_task_received_total');
    const past = received.filter(({ labels }) => labels['task_queue'] !== 'main' && labels['eager'] !== 'false');
    assert.ok(received.length > 5);
    assert.deepEqual(past, []);
    // A label that names one run, school or person would make a series of each.
    const values = [...ofApi, ...ofWorker].flatMap(({ labels }) => Object.values(labels));
    const ids = values.filter((value) => value.includes(slug) || /[0-9a-f]{8}-[0-9a-f]{4}|@|\b[0-9a-f]{16,}\b/.test(value));
    assert.deepEqual([...new Set(ids)], []);
  });

  it('is told that a name is taken, before anything is made', async () => {
    const { code, complained, said } = await demo('--users', '20', '--slug', slug);
    assert.equal(code, 1, said);
    assert.match(complained + said, /is taken/);
  });

  it('is told what is wrong with an input', async () => {
    const slip = await demo('--users', '20', '--slug', 'Not A Slug');
    assert.equal(slip.code, 1);
    assert.match(slip.complained, /slug: 3 to 40 lower-case letters/);
    const unknown = await demo('--users', '20', '--slug', `${slug}-gold`, '--plan', 'gold');
    assert.equal(unknown.code, 1);
    assert.match(unknown.said, /There is no plan 'gold'[^]*unknown-plan/);
  });

  it('is told that a file is no zip', async () => {
    const file = join(home, 'roster.zip');
    writeFileSync(file, 'not a zip');
    const { code, complained } = await demo('--roster', file);
    assert.equal(code, 1);
    assert.match(complained, /zip/);
  });

  it('is told which columns a roster lacks, and that everything was taken back', async () => {
    const folder = join(home, 'half');
    mkdirSync(folder);
    writeFileSync(join(folder, 'users.csv'), 'sourcedId,orgSourcedIds,username,role\n1,2,ada,student\n');
    writeFileSync(join(folder, 'orgs.csv'), 'sourcedId,name,type\n2,School,school\n');
    const { code, said } = await demo('--roster', folder, '--slug', `${slug}-half`);
    assert.equal(code, 1);
    assert.match(said, /missing-columns|unknown-roster-format/);
    assert.match(said, /taken back/);
  });

  it('finds the school again after a restart', async () => {
    await stop();
    await start();
    const { api, demo: login } = described();
    const client = createApiClient(api.url);
    await client.signIn(login.email, login.password);
    const { items } = await client.call<{ items: readonly { slug: string; status: string }[] }>('/v1/tenants?limit=200');
    assert.deepEqual(
      items.filter((tenant) => tenant.slug.startsWith(slug)).map((tenant) => [tenant.slug, tenant.status]),
      [[slug, 'active']],
    );
  });
});
