import assert from 'node:assert/strict';
import { createNudge } from '../../../api/support/nudge.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { searchAttributes } from '../../../platform/temporal.ts';
import { loadProcesses } from '../../../processes/support/registry.ts';
import { putSchedules } from '../../../workers/schedules.ts';
import { quietLog } from '../../support/api.ts';
import { useNamespace } from '../../support/namespace.ts';
import { testCodec } from '../../support/payload-codec.ts';
import { until } from '../../support/until.ts';

describe('nudging a scheduled process', () => {
  const own = useNamespace(testCodec);

  it('has its schedule run it, for many calls at a time once now and at most once a while', async () => {
    const { client, within } = own.temporal;
    const { connection, options } = client;
    const { all } = await loadProcesses();
    await putSchedules({ connection, namespace: own.namespace, dataConverter: options.dataConverter ?? {} }, all);
    // Nobody works here: what the schedule started goes on, and what was asked for meanwhile waits behind it.
    await client.schedule.getHandle('mirror-billing').pause();
    let asked = 0;
    const counted: typeof within = (ms, calls) => ((asked += 1), within(ms, calls));
    const nudge = createNudge({ temporal: { client, within: counted }, log: quietLog, everyMs: 100 }, 'mirror-billing');
    for (let call = 0; call < 50; call += 1) nudge();
    assert.equal(asked, 1);
    await until(() => asked === 2);
    const action = await until(async () => (await client.schedule.getHandle('mirror-billing').describe()).info.runningActions[0]);
    const { type, typedSearchAttributes: attributes } = await client.workflow.getHandle(action.workflow.workflowId).describe();
    assert.deepEqual([type, attributes.get(searchAttributes.tenantId), asked], ['mirrorBilling', platformTenantId, 2]);
  });

  it('throws nothing when there is no such schedule, or Temporal does not answer', async () => {
    const { temporal } = own;
    const unheard = (within: typeof temporal.within): Promise<string> =>
      new Promise((resolve) => {
        const log = { ...quietLog, info: (...words: unknown[]) => resolve(String(words.at(-1))) };
        createNudge({ temporal: { client: temporal.client, within }, log }, 'no-such-process')();
      });
    assert.match(await unheard(temporal.within), /its schedule will/);
    assert.match(await unheard(() => Promise.reject(new Error('away'))), /its schedule will/);
  });
}).timeout(30_000);
