import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { platformTenantId } from '../../domain/roles.ts';
import type { RunContext } from '../../domain/run.ts';
import { taskQueues } from '../../domain/task-queues.ts';
import { inTenant } from '../../platform/database.ts';
import { Run } from '../../platform/models/run.ts';
import { backupRecipient } from '../support/backup-recipient.ts';
import { useDatabases } from '../support/database.ts';
import { useNamespace } from '../support/namespace.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

type Line = Readonly<Record<string, unknown>>;
interface Program {
  readonly child: ChildProcess;
  readonly lines: () => Line[];
  readonly text: () => string;
}

function run(env: Readonly<Record<string, string>>): Program {
  const inherited = { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] };
  const child = spawn(process.execPath, ['--import', 'tsx', 'workers/main.ts'], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (): Line[] =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
  return { child, lines, text: () => output };
}
const said = (program: Program, message: string): Promise<Line> => {
  return until(() => {
    if (program.child.exitCode !== null) throw new Error(`The worker has ended:\n${program.text()}`);
    return program.lines().find((line) => line['message'] === message);
  }, 60_000);
};
async function stop({ child }: Program): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

describe('the worker', function () {
  this.timeout(120_000);
  const databases = useDatabases();
  const vault = useVault();
  const own = useNamespace();
  const programs: Program[] = [];
  const start = (env: Readonly<Record<string, string>> = {}): Program => {
    const program = run({ ...environment(), ...env });
    programs.push(program);
    return program;
  };
  const environment = (): Record<string, string> => ({
    DATABASE_URL: databases.urls.main,
    KEYRING_DATABASE_URL: databases.urls.keyring,
    KEYRING_SHREDDER_URL: databases.urls.keyringShredder,
    KEYRING_BACKUP_URL: databases.urls.keyringBackup,
    KEYRING_BACKUP_RECIPIENT: backupRecipient,
    REDIS_URL: servers().redis.url,
    S3_ENDPOINT: servers().s3.endpoint,
    S3_ACCESS_KEY: servers().s3.accessKey,
    S3_SECRET_KEY: servers().s3.secretKey,
    VAULT_ADDR: vault.address,
    VAULT_TOKEN: vault.appToken,
    VAULT_TRANSIT_MOUNT: vault.mount,
    STRIPE_SECRET_KEY: 'sk_test_worker',
    STRIPE_WEBHOOK_SECRET: 'whsec_test',
    ROBLOX_API_KEY: 'rbx-sandbox',
    ROBLOX_API_BASE: 'http://127.0.0.1:9',
    ROBLOX_WEBHOOK_SECRET: 'roblox-secret',
    STRIPE_API_BASE: 'http://127.0.0.1:9',
    SENDGRID_API_KEY: 'SG.test',
    SENDGRID_API_BASE: 'http://127.0.0.1:9',
    MAIL_FROM: 'hello@toolbox.example',
    PUSHER_APP_ID: '1',
    PUSHER_KEY: 'key',
    PUSHER_SECRET: 'secret',
    PUSHER_API_BASE: 'http://127.0.0.1:9',
    TEMPORAL_ADDRESS: servers().temporal.address,
    TEMPORAL_NAMESPACE: own.namespace,
    METRICS_PORT: '0',
    LOG_LEVEL: 'debug',
  });
  after(() => Promise.all(programs.map(stop)));

  async function refusedRun(plan: string): Promise<RunContext> {
    const context: RunContext = { runId: randomUUID(), tenantId: platformTenantId, startedBy: randomUUID(), requestId: randomUUID() };
    const workflowId = `onboard-school:${context.runId}`;
    const row = { id: context.runId, tenant_id: platformTenantId, process: 'onboard-school', workflow_id: workflowId };
    await inTenant(databases.main, platformTenantId, async (trx) =>
      Run.query(trx).insert({ ...row, started_by: context.startedBy, request_id: context.requestId }),
    );
    const input = { slug: 'acme', name: 'Acme', region: 'eu', plan, inviteStaff: false, run: context };
    await own.temporal.client.workflow.start('onboardSchool', { taskQueue: taskQueues.main, workflowId, args: [input] });
    return context;
  }
  const ended = ({ runId }: RunContext): Promise<Run | undefined> =>
    until(
      () => inTenant(databases.main, platformTenantId, async (trx) => Run.query(trx).findOne({ id: runId }).whereNotNull('closed_at')),
      40_000,
    );

  it('says ready when its build takes the work, does the work, and logs ids and no data', async () => {
    const program = start();
    const ready = await said(program, 'ready');
    const { workerDeploymentInfo } = await own.temporal.client.workflowService.describeWorkerDeployment({
      namespace: own.namespace,
      deploymentName: 'toolbox',
    });
    assert.equal(workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId, ready['buildId']);
    const { schedule } = await own.temporal.client.workflowService.describeSchedule({
      namespace: own.namespace,
      scheduleId: 'expire-uploads',
    });
    assert.equal(schedule?.action?.startWorkflow?.workflowType?.name, 'expireUploads');
    const context = await refusedRun('no-such-plan');
    const row = await ended(context);
    assert.deepEqual([row?.status, row?.error?.code], ['failed', 'unknown-plan']);
    const failed = await said(program, 'Activity failed');
    const { runId, tenantId, requestId } = context;
    assert.deepEqual([failed['runId'], failed['tenantId'], failed['requestId']], [runId, tenantId, requestId]);
    assert.doesNotMatch(program.text(), /no-such-plan|Acme/);
    assert.deepEqual(
      program
        .text()
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('{')),
      [],
    );
    assert.equal(await stop(program), 0);
    assert.ok(program.lines().some((line) => line['message'] === 'stopped'));
  });

  it('takes up what a killed one left, also under the same build twice', async () => {
    const first = start();
    await said(first, 'ready');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const context = await refusedRun('none');
    const [second, third] = [start(), start()];
    await Promise.all([said(second, 'ready'), said(third, 'ready')]);
    assert.equal((await ended(context))?.status, 'failed');
    assert.deepEqual(await Promise.all([stop(second), stop(third)]), [0, 0]);
  });

  it('names what is wrong with its configuration and goes', async () => {
    const program = start({ REDIS_URL: 'http://here', STRIPE_SECRET_KEY: '' });
    const [code] = (await once(program.child, 'exit')) as [number | null];
    assert.deepEqual([code, program.lines()], [1, []]);
    assert.match(program.text(), /REDIS_URL: .*\n.*STRIPE_SECRET_KEY: is missing/);
  });
});
