import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { platformTenantId } from '../../domain/roles.ts';
import { workflowIdOf } from '../../domain/workflow-id.ts';
import { dataConverterOf } from '../../platform/codec/data-converter.ts';
import { createPayloadCodec } from '../../platform/codec/payload-codec.ts';
import { openTemporal, readTemporalSettings, type Temporal } from '../../platform/temporal.ts';
import { type Servers, startServers } from '../../stack/servers.ts';
import { resolveProgram } from '../../stack/resolve-program.ts';
import { openHome } from '../../stack/home.ts';
import { contextOf } from '../stack/support.ts';
import { useApi } from '../support/api.ts';
import { temporal } from '../support/temporal.ts';
import { runContext } from './support/world.ts';

/** Each says where it was put: none may be found in what Temporal keeps. */
const words = {
  input: 'sentinel-input-heron',
  memo: 'sentinel-memo-ibis',
  beat: 'sentinel-beat-kestrel',
  failure: 'sentinel-failure-lapwing',
  detail: 'sentinel-detail-magpie',
  result: 'sentinel-result-nightjar',
  update: 'sentinel-update-osprey',
  signal: 'sentinel-signal-plover',
  bug: 'ada@example.org', // of the fixture's own
};

const found = (text: string | Buffer): string[] => {
  const haystack = Buffer.from(text).toString('latin1');
  return Object.values(words).filter((word) =>
    [word, Buffer.from(word).toString('hex'), ...[0, 1, 2].map((at) => base64At(word, at))].some((form) => haystack.includes(form)),
  );
};
/** How a word looks in base64 when so many bytes precede it: the ends, which depend on its neighbours, left out. */
const base64At = (word: string, offset: number): string =>
  Buffer.from(' '.repeat(offset) + word)
    .toString('base64')
    .slice(Math.ceil((offset * 4) / 3), -4);

/** A Temporal of its own, whose file can be read, and a worker with the product's codec. */
describe('what Temporal keeps of a run', function () {
  this.timeout(60_000);
  const api = useApi(({ keyring }) => ({ codec: createPayloadCodec(keyring.payloadKeys) }));
  const home = mkdtempSync(join(tmpdir(), 'toolbox-sealed-'));
  let servers: Servers;
  let client: Temporal;
  const closers: (() => Promise<unknown>)[] = [];
  const taskQueue = randomUUID();

  before(async () => {
    const { bundle: workflowBundle } = await temporal();
    servers = await startServers({ home, only: ['temporal'] });
    closers.unshift(() => servers.stop());
    const { address } = servers.describe.temporal;
    const { codec } = api.deps;
    client = openTemporal(readTemporalSettings({ TEMPORAL_ADDRESS: address }), { codec });
    const connection = await NativeConnection.connect({ address });
    closers.unshift(() => Promise.all([client.close(), connection.close()]));
    const options = { connection, taskQueue, workflowBundle, dataConverter: dataConverterOf(codec) };
    const worker = await Worker.create({ ...options, activities, sinks: { runEvents: { moved: { fn: () => undefined } } } });
    const running = worker.run();
    closers.unshift(() => {
      worker.shutdown();
      return running;
    });
  });
  after(async () => {
    for (const close of closers) await close();
    rmSync(home, { recursive: true, force: true });
  });

  const activities = {
    async act(): Promise<string> {
      const { heartbeat, info } = Context.current();
      heartbeat({ detail: words.beat });
      if (info.attempt === 1) throw ApplicationFailure.create({ message: words.failure, type: 'unavailable', details: [words.detail] });
      return words.result;
    },
    async unact(): Promise<void> {
      throw new Error('Nothing is undone here.');
    },
    recordRunEnd: async (): Promise<void> => undefined,
  };
  const start = (workflow: string, input: object, tenantId = platformTenantId): Promise<WorkflowHandle> =>
    client.client.workflow.start(workflow, {
      workflowId: workflowIdOf('fixture', tenantId, randomUUID()),
      taskQueue,
      args: [{ ...input, run: { ...runContext(), tenantId } }],
      memo: { note: words.memo },
    });
  /** As anybody reads it who reaches Temporal and has no key: JSON, bytes as base64. */
  const rawOf = async ({ workflowId }: WorkflowHandle): Promise<string> => {
    const bare = await Connection.connect({ address: servers.describe.temporal.address });
    const execution = { namespace: 'default', execution: { workflowId } };
    const [{ history }, description] = await Promise.all([
      bare.workflowService.getWorkflowExecutionHistory(execution),
      bare.workflowService.describeWorkflowExecution(execution),
    ]);
    await bare.close();
    return JSON.stringify([history, description]);
  };

  it('is nothing to read: input, memo, beats, results, messages and failures', async () => {
    const asked = await start('askingFixture', { note: words.input });
    await asked.signal('remark', { text: words.signal });
    await asked.executeUpdate('decide', { args: [{ verdict: words.update }] });
    assert.deepEqual(await asked.result(), { verdict: words.update, remarks: [words.signal] });
    const failed = await start('scriptedFixture', { steps: [words.input], bugBefore: words.input });
    const failure = (await failed.result().catch((error: unknown) => error)) as Error;
    assert.match((failure.cause as Error).message, /ada@example\.org/);
    const texts = await Promise.all([asked, failed].map(rawOf));
    assert.match(texts[0] ?? '', /YmluYXJ5L2VuY3J5cHRlZA==/);
    assert.match(texts[1] ?? '', /Encoded failure/);
    assert.deepEqual(texts.flatMap(found), []);
    const folder = join(home, 'data', 'temporal');
    const kept = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
    assert.ok(kept.some((bytes) => bytes.includes(asked.workflowId)));
    assert.deepEqual(kept.flatMap(found), []);
  });

  it('is found where it is not sealed', async () => {
    const plain = openTemporal(readTemporalSettings({ TEMPORAL_ADDRESS: servers.describe.temporal.address }));
    const options = { workflowId: randomUUID(), taskQueue, args: [{ steps: [], note: words.input, run: runContext() }] };
    const handle = await plain.client.workflow.start('scriptedFixture', options);
    assert.deepEqual(await client.client.workflow.getHandle(handle.workflowId).result(), { done: 0 });
    assert.deepEqual(found(await rawOf(handle)), [words.input]);
    await plain.close();
  });

  it("goes with a school's keys; the platform's own runs stay readable", async () => {
    const [school] = api.schools;
    const [theirs, ours] = [
      await start('scriptedFixture', { steps: ['a step'] }, school.id),
      await start('scriptedFixture', { steps: ['a step'] }),
    ];
    assert.deepEqual(await Promise.all([theirs.result(), ours.result()]), [{ done: 1 }, { done: 1 }]);
    await api.keyring.destroyTenant(school.id);
    await assert.rejects(theirs.result(), (error: Error & { code?: string }) =>
      /does not exist/.test(`${error.message} ${String(error.cause)}`),
    );
    assert.deepEqual(await ours.result(), { done: 1 });
  });

  it('is read by staff through the codec server, with the command line of Temporal itself', async () => {
    const handle = await start('scriptedFixture', { steps: ['a step'], note: words.input });
    await handle.result();
    const program = await resolveProgram('temporal', 'temporal', contextOf(openHome(home)));
    const show = async (...auth: string[]): Promise<string> => {
      const at = ['--address', servers.describe.temporal.address, '--codec-endpoint', `${api.url}/codec`];
      const args = ['workflow', 'show', '--workflow-id', handle.workflowId, '--output', 'json', ...at, ...auth];
      const { stdout } = await promisify(execFile)(program, args).catch((error: { stdout: string }) => error);
      return stdout;
    };
    const shown = found(await show('--codec-auth', `Bearer ${api.member('ops').accessToken}`));
    assert.deepEqual(shown, [words.input, words.memo, words.failure, words.detail, words.result]);
    assert.deepEqual(found(await show('--codec-auth', `Bearer ${api.member('teacher').accessToken}`)), []);
    assert.deepEqual(found(await show()), []);
  });
});
