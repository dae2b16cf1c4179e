import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createTenantKeyRotationActivities } from '../../activities/tenant-key-rotation.ts';
import { platformTenantId } from '../../domain/roles.ts';
import type { RunContext } from '../../domain/run.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { createTenantKeyRotation } from '../../platform/tenant-key-rotation.ts';
import { useDatabases } from '../support/database.ts';
import { makeTenant } from '../support/school.ts';
import { useVault } from '../support/vault.ts';
import { runAlone } from './support/alone.ts';
import { createGate } from './support/recording.ts';
import { rotationActivities } from './support/rotating.ts';
import { cancelAndHear, failureOf, stepsOf } from './support/runs.ts';
import { runContext, untilCancelled } from './support/world.ts';

describe('rotateTenantKey', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const test = useVault();
  const workflow = 'rotateTenantKey';
  const byStaff = (): RunContext => ({ ...runContext(), tenantId: platformTenantId });
  const alone = (tenantId: string, run = byStaff()) => ({
    databases,
    workflow,
    activities: rotationActivities(databases, test),
    run,
    input: { tenantId },
  });
  let made = 0;
  async function school(people: number): Promise<string> {
    const tenantId = await makeTenant({ main: databases.main, vault: test.vault }, `rotated-${(made += 1)}`);
    const keyring = createKeyring({ knex: databases.keyring, vault: test.vault });
    const ids = Array.from({ length: people }, () => newId());
    await keyring.createSubjectKeys(tenantId, ids);
    await keyring.blindIndex(tenantId);
    return tenantId;
  }
  const audited = (tenantId: string, run_id: string): Promise<unknown[]> =>
    inTenant(databases.main, tenantId, (trx) => trx('audit_log').where({ tenant_id: tenantId, run_id }).select('action', 'on_behalf_of'));

  it('ends with versions and counts, and an entry in both logs, though each answer is lost once', async () => {
    const [tenantId, run] = [await school(120), byStaff()];
    const { activities, ...rest } = alone(tenantId, run);
    const lost = new Set<string>();
    const twice = Object.fromEntries(
      Object.entries(activities).map(([name, act]) => [
        name,
        async (input: never) => {
          const answer = await (act as (input: never) => Promise<unknown>)(input);
          if (!lost.has(name)) {
            lost.add(name);
            throw new Error('the answer was lost');
          }
          return answer;
        },
      ]),
    );
    await runAlone({ ...rest, activities: twice }, async (handle) => {
      const { rewrapped: _, ...result } = (await handle.result()) as { rewrapped: number };
      assert.deepEqual(result, { from: 1, to: 2, left: 0, oldest: 2 });
      assert.ok(Object.values(await stepsOf(handle)).every((state) => state === 'done'));
    });
    assert.deepEqual(await audited(tenantId, run.runId), [{ action: 'tenant-key.rotate', on_behalf_of: null }]);
    assert.deepEqual(await audited(platformTenantId, run.runId), [{ action: 'tenant-key.rotate', on_behalf_of: tenantId }]);
  });

  it('counts what it wrapped', async () => {
    const tenantId = await school(30);
    await runAlone(alone(tenantId), async (handle) => {
      assert.deepEqual(await handle.result(), { from: 1, to: 2, rewrapped: 31, left: 0, oldest: 2 });
    });
  });

  it('is refused for a tenant that has no key', async () => {
    await runAlone(alone(newId()), async (handle) => {
      assert.equal(((await failureOf(handle)) as { type?: string }).type, 'tenant-key-missing');
    });
  });

  it('leaves both versions open when it is cancelled on the way, and the next run ends it', async () => {
    const tenantId = await school(60);
    const begun = createGate<Parameters<typeof cancelAndHear>[0]>();
    const around = async (name: string): Promise<void> => {
      if (name !== 'rewrapTenantKeys') return;
      await cancelAndHear(await begun.opened);
      await untilCancelled();
    };
    await runAlone({ ...alone(tenantId), around }, async (handle) => {
      begun.open(handle);
      await failureOf(handle);
    });
    assert.deepEqual(await test.vault.tenantKeyVersions(tenantId), { latest: 2, oldest: 1 });
    await runAlone(alone(tenantId), async (handle) => {
      assert.deepEqual(await handle.result(), { from: 2, to: 3, rewrapped: 61, left: 0, oldest: 3 });
    });
  });

  it('resumes where it was killed', async () => {
    const tenantId = await school(230);
    const rotation = createTenantKeyRotation({ knex: databases.keyring, vault: test.vault, batchRows: 50 });
    const version = await rotation.rotate(tenantId, 1);
    let calls = 0;
    const dying = {
      ...rotation,
      rewrapSome: (...args: Parameters<typeof rotation.rewrapSome>) =>
        (calls += 1) === 3 ? Promise.reject(new Error('killed')) : rotation.rewrapSome(...args),
    };
    const act = (tenantKeyRotation: typeof rotation) =>
      createTenantKeyRotationActivities({ knex: databases.main, tenantKeyRotation }).rewrapTenantKeys;
    type Act = ReturnType<typeof act>;
    let beats: unknown;
    const first = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    first.on('heartbeat', (details: unknown) => (beats = details));
    await assert.rejects(first.run<Parameters<Act>, number, Act>(act(dying), { tenantId, version }), /killed/);
    const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: beats });
    assert.equal(await second.run<Parameters<Act>, number, Act>(act(rotation), { tenantId, version }), 231);
    assert.equal(await rotation.left(tenantId, version), 0);
  });

  it('retires nothing while a key is left behind', async () => {
    const tenantId = await school(3);
    const acts = rotationActivities(databases, test);
    await acts.rotateTenantKeyOnce({ tenantId, from: 1 });
    await assert.rejects(acts.retireTenantKeyVersions({ tenantId, version: 2, run: byStaff() }), { code: 'keys-left-behind' });
    assert.deepEqual(await test.vault.tenantKeyVersions(tenantId), { latest: 2, oldest: 1 });
  });
});
