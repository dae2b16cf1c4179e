import assert from 'node:assert/strict';
import type { ScheduleClient } from '@temporalio/client';
import { z } from 'zod';
import { createRunActivities } from '../../activities/run.ts';
import { createUploadActivities } from '../../activities/uploads.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { taskQueues } from '../../domain/task-queues.ts';
import { inTenant } from '../../platform/database.ts';
import { createStorage } from '../../platform/storage.ts';
import { searchAttributes } from '../../platform/temporal.ts';
import expireUploads from '../../processes/expire-uploads.ts';
import { defineProcess } from '../../processes/support/define.ts';
import { loadProcesses } from '../../processes/support/registry.ts';
import { putSchedules } from '../../workers/schedules.ts';
import { useApi } from '../support/api.ts';
import { useNamespace } from '../support/namespace.ts';
import { testCodec } from '../support/payload-codec.ts';
import { servers } from '../support/servers.ts';
import { createWorker } from '../support/temporal.ts';
import { until } from '../support/until.ts';

const hourMs = 3600_000;
const feedCat = defineProcess({
  name: 'feed-cat',
  title: 'Feed the cat',
  description: 'Of the tests.',
  workflow: 'feedCat',
  input: z.strictObject({ cat: z.string().default('tom') }),
  permission: { object: 'cat', action: 'feed' },
  scope: 'platform',
  businessKey: ({ cat }) => cat,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
  schedule: { cron: '0 3 * * 1', timeZone: 'Europe/Vienna', input: {} },
});
const sometimes = defineProcess({ ...expireUploads, schedule: { every: '2h', input: {} } });
const never = defineProcess({ ...feedCat, schedule: undefined } as unknown as typeof feedCat);

describe('schedules', function () {
  this.timeout(120_000);
  const own = useNamespace(testCodec);
  const api = useApi(() => ({ temporal: own.temporal }));
  const schedules = (): ScheduleClient => own.temporal.client.schedule;
  const put = (processes: Parameters<typeof putSchedules>[1]): Promise<void> => {
    const { connection, options } = own.temporal.client;
    return putSchedules({ connection, namespace: own.namespace, dataConverter: options.dataConverter ?? {} }, processes);
  };
  const listed = async (status: string): Promise<Record<string, unknown>[]> =>
    ((await api.send(`/v1/runs?process=expire-uploads&status=${status}`, { as: 'ops' })).body['items'] ?? []) as unknown as Record<
      string,
      unknown
    >[];
  const ids = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { scheduleId } of schedules().list()) found.push(scheduleId);
    return found.sort();
  };

  it('are made for the processes that declare one, skip what overlaps, and name whose runs they start', async () => {
    await put([expireUploads, feedCat]);
    const { spec, policies, action } = await schedules().getHandle('expire-uploads').describe();
    assert.deepEqual([spec.intervals?.[0]?.every, spec.jitter], [hourMs, 60_000]);
    assert.deepEqual([policies.overlap, policies.catchupWindow], ['SKIP', 600_000]);
    assert.deepEqual([action.workflowType, action.workflowId, action.taskQueue], ['expireUploads', 'expire-uploads:all', 'main']);
    const run = { tenantId: platformTenantId, startedBy: platformTenantId, scheduled: { process: 'expire-uploads' } };
    assert.deepEqual(action.args, [{ run }]);
    const fed = await schedules().getHandle('feed-cat').describe();
    assert.deepEqual([fed.spec.timezone, fed.action.workflowId], ['Europe/Vienna', 'feed-cat:tom']);
  });

  it('are brought up to date when the declaration changes, and stay paused when somebody paused them', async () => {
    await put([expireUploads, feedCat]);
    const handle = schedules().getHandle('expire-uploads');
    await handle.pause('while the store is repaired');
    await put([sometimes, feedCat]);
    const { spec, state } = await handle.describe();
    assert.deepEqual([spec.intervals?.[0]?.every, state.paused, state.note], [2 * hourMs, true, 'while the store is repaired']);
    await handle.unpause();
  });

  it("are removed when their process declares none any more; other people's stay", async () => {
    const action = { type: 'startWorkflow', workflowType: 'another', workflowId: 'another', taskQueue: 'another', args: [] } as const;
    await schedules().create({ scheduleId: 'of-somebody-else', spec: { intervals: [{ every: '1 day' }] }, action });
    await put([expireUploads, feedCat]);
    await until(async () => (await ids()).length === 3);
    await put([expireUploads, never]);
    await until(async () => (await ids()).length === 2);
    assert.deepEqual(await ids(), ['expire-uploads', 'of-somebody-else']);
    await put([expireUploads, never]);
  });

  it('may be put by several workers at once', async () => {
    await Promise.all([put([expireUploads, feedCat]), put([expireUploads, feedCat]), put([expireUploads, never])]);
    await put((await loadProcesses()).all);
    assert.equal((await schedules().getHandle('expire-uploads').describe()).spec.intervals?.[0]?.every, hourMs);
  });

  it('start runs that stand in the list of runs as any other, each with an id of its own', async () => {
    await put([expireUploads]);
    const knex = api.databases.main;
    const hints = { moved: () => undefined, drained: async () => undefined };
    const uploads = createUploadActivities({ knex, keyring: api.keyring, storage: createStorage(servers().s3) });
    const activities = { ...createRunActivities({ knex, hints }), ...uploads };
    const { worker } = await createWorker({ taskQueue: taskQueues.main, namespace: own.namespace, activities });
    await worker.runUntil(async () => {
      const handle = schedules().getHandle('expire-uploads');
      for (const count of [1, 2]) {
        const second = Math.floor(Date.now() / 1_000);
        await handle.trigger('ALLOW_ALL');
        await until(async () => (await listed('completed')).length === count, 40_000);
        // A schedule names its executions by the second: one in the same second as another that has not quite ended is never made.
        await until(() => Math.floor(Date.now() / 1_000) > second);
      }
      const [latest, first] = await listed('completed');
      assert.notEqual(latest?.['id'], first?.['id']);
      const id = String(latest?.['id']);
      const { body } = await api.send(`/v1/runs/${id}`, { as: 'ops' });
      assert.deepEqual([body['startedBy'], body['result']], [platformTenantId, { tenants: 0, removed: 0 }]);
      const attributes = [];
      for await (const { typedSearchAttributes: found } of own.temporal.client.workflow.list({ query: `PlatformRunId = '${id}'` }))
        attributes.push([found.get(searchAttributes.tenantId), found.get(searchAttributes.startedBy)]);
      assert.deepEqual(attributes, [[platformTenantId, platformTenantId]]);
    });
  });

  it('start runs that are found while they go, by the row that was written for them', async () => {
    await put([expireUploads]);
    const knex = api.databases.main;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const expire = async (): Promise<object> => {
      await held;
      return { tenants: 0, removed: 0 };
    };
    const hints = { moved: () => undefined, drained: async () => undefined };
    const activities = { ...createRunActivities({ knex, hints }), expireUploads: expire };
    const { worker } = await createWorker({ taskQueue: taskQueues.main, namespace: own.namespace, activities });
    await worker.runUntil(async () => {
      await schedules().getHandle('expire-uploads').trigger('ALLOW_ALL');
      const row = await until(async () => (await listed('running'))[0], 40_000);
      const id = String(row['id']);
      // As old as a run that Temporal should have heard of long ago.
      const old = { created_at: new Date(Date.now() - 5 * 60_000) };
      await inTenant(knex, platformTenantId, (trx) => trx('runs').where({ tenant_id: platformTenantId, id }).update(old));
      const { body } = await api.send(`/v1/runs/${id}`, { as: 'ops' });
      assert.deepEqual([body['status'], body['steps']?.[0]?.['state'], body['degraded']], ['running', 'running', false]);
      release();
      await until(async () => String((await api.send(`/v1/runs/${id}`, { as: 'ops' })).body['status']) === 'completed', 40_000);
    });
  });
});
