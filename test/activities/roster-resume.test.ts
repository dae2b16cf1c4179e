import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import type { RosterImported } from '../../domain/roster/counts.ts';
import { newId } from '../../platform/ids.ts';
import type { RosterDeps } from '../../activities/roster.ts';
import { csv, small } from '../support/roster.ts';
import { inActivity, quietEnvironment, useRosters } from '../support/roster-school.ts';

const fine = { orgUnits: 1, people: 2, classes: 1, enrollments: 2, guardianships: 1 };
const coarse = { orgUnits: 9, people: 4, classes: 9, enrollments: 9, guardianships: 9 };
const files = {
  ...small.v21,
  'users.csv': small.v21['users.csv'] + csv('5,five,Fifth,Person,pw,,,,', '6,six,,,pw,,,,', '7,seven,Seventh,Person,pw,,,,'),
  'enrollments.csv': small.v21['enrollments.csv'] + csv('100,5,student', '100,404,student', '100,7,teacher'),
};
const outcome = (imported: RosterImported) => ({ ...imported, seconds: 0, rowsPerSecond: 0 });

describe('activities/roster after a crash', function () {
  this.timeout(60_000);
  const bench = useRosters();

  async function state(tenantId: string, runId: string): Promise<unknown> {
    const people = await bench.people(tenantId);
    const counts: Record<string, number> = {};
    for (const table of ['classes', 'enrollments', 'guardianships', 'org_units', 'people'])
      counts[table] = await bench.count(bench.databases.main, tenantId, table);
    for (const table of ['subject_keys', 'blind_indexes']) counts[table] = await bench.count(bench.databases.keyring, tenantId, table);
    const named = Object.entries(people)
      .map(([name, { roles, status, version }]) => `${name} ${roles.join()} ${status} ${version}`)
      .sort();
    return {
      named,
      counts,
      report: await bench.report(tenantId, runId),
      audit: await bench.count(bench.databases.main, tenantId, 'audit_log'),
    };
  }

  /** An import that is stopped at its n-th heartbeat, again and again, and then let through. */
  async function stopped(
    stops: readonly number[],
    { resume, batchRows = fine }: { resume: boolean; batchRows?: typeof fine },
  ): Promise<{ imported: RosterImported; state: unknown }> {
    const [tenantId, runId, uploadId] = [await bench.school(), newId(), await bench.upload(files)];
    const { importRoster } = bench.activitiesWith({ batchRows });
    const input = { tenantId, uploadTenantId: platformTenantId, uploadId, runId };
    let heartbeatDetails: unknown;
    for (const [attempt, stopAt] of stops.entries()) {
      const environment = quietEnvironment({ attempt: attempt + 1, ...(resume ? { heartbeatDetails } : {}) });
      let beats = 0;
      environment.on('heartbeat', (details: unknown) => {
        heartbeatDetails = details;
        if (++beats === stopAt) environment.cancel();
      });
      await assert.rejects(inActivity(importRoster, input, environment), { name: 'CancelledFailure' });
    }
    const imported = await inActivity(importRoster, input, quietEnvironment({ attempt: 9, ...(resume ? { heartbeatDetails } : {}) }));
    return { imported, state: await state(tenantId, runId) };
  }

  it('counts and leaves the same, wherever it was stopped, from its heartbeats or from none', async () => {
    const undisturbed = await stopped([], { resume: false });
    assert.deepEqual(outcome(undisturbed.imported).people, { created: 6, updated: 0, unchanged: 0, deactivated: 0 });
    assert.equal(undisturbed.imported.badRows, 2);
    for (const [stops, resume] of [
      [[18], true],
      [[22], false],
      [[26, 27], true],
      [[30, 12, 31], false],
      [[34], true],
      [[38], false],
    ] as const) {
      const disturbed = await stopped(stops, { resume });
      assert.deepEqual(outcome(disturbed.imported), outcome(undisturbed.imported), `stopped at ${stops.join()}`);
      assert.deepEqual(disturbed.state, undisturbed.state, `stopped at ${stops.join()}`);
    }
  });

  it('survives the death of the process between any two of its writes', async () => {
    const undisturbed = await stopped([], { resume: false, batchRows: coarse });
    // A call to the keyring or the store is a place to die, before it takes effect or after: every third of them.
    for (const when of ['before', 'after'] as const)
      for (let fatal = when === 'before' ? 1 : 2; ; fatal += 3) {
        const [tenantId, runId, uploadId] = [await bench.school(), newId(), await bench.upload(files)];
        const input = { tenantId, uploadTenantId: platformTenantId, uploadId, runId };
        const { importRoster } = bench.activitiesWith({ batchRows: coarse, ...dying(fatal, when) });
        const failure = await inActivity(importRoster, input).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failure === undefined) break;
        assert.ok(failure instanceof Error && failure.message === 'died', 'nothing but its death stops it');
        const imported = await inActivity(bench.activitiesWith({ batchRows: coarse }).importRoster, input);
        assert.deepEqual(outcome(imported), outcome(undisturbed.imported), `died ${when} call ${fatal}`);
        assert.deepEqual(await state(tenantId, runId), undisturbed.state, `died ${when} call ${fatal}`);
      }
  });

  it('takes a person whose digest was not noted as unchanged in the next import', async () => {
    const [tenantId, runId, uploadId] = [await bench.school(), newId(), await bench.upload(files)];
    const input = { tenantId, uploadTenantId: platformTenantId, uploadId, runId };
    const keyring: RosterDeps['keyring'] = {
      ...bench.keyring,
      blindIndex: async (id) => {
        const index = await bench.keyring.blindIndex(id);
        const setDigests: typeof index.setDigests = async (purpose, rows) =>
          rows.length > 0 ? Promise.reject(new Error('died')) : index.setDigests(purpose, rows);
        return { ...index, setDigests };
      },
    };
    await assert.rejects(inActivity(bench.activitiesWith({ batchRows: fine, keyring }).importRoster, input), /died/);
    await inActivity(bench.activitiesWith({ batchRows: fine }).importRoster, input);
    assert.deepEqual((await bench.importFiles(tenantId, files)).people, { created: 0, updated: 0, unchanged: 6, deactivated: 0 });
  });

  it('lets one of two attempts at the same time write a batch, and both come to the same end', async () => {
    const [tenantId, runId, uploadId] = [await bench.school(), newId(), await bench.upload(files)];
    const input = { tenantId, uploadTenantId: platformTenantId, uploadId, runId };
    const { importRoster } = bench.activitiesWith({ batchRows: fine });
    const attempts = await Promise.allSettled([inActivity(importRoster, input), inActivity(importRoster, input)]);
    for (const attempt of attempts)
      if (attempt.status === 'rejected') assert.match(String(attempt.reason), /not where this attempt left it/);
    const imported = await inActivity(importRoster, input);
    assert.equal(imported.people.created, 6);
    assert.equal(await bench.count(bench.databases.keyring, tenantId, 'subject_keys'), 6);
  });

  function dying(fatal: number, when: 'before' | 'after'): Partial<RosterDeps> {
    let calls = 0;
    const mortal = <T extends object>(part: T): T =>
      new Proxy(part, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return (...args: unknown[]): unknown => {
            if (name === 'hmac') return member.apply(target, args);
            return act(() => member.apply(target, args) as unknown);
          };
        },
      });
    const act = async (call: () => unknown): Promise<unknown> => {
      const number = ++calls;
      if (number === fatal && when === 'before') throw new Error('died');
      const result = await call();
      if (number === fatal) throw new Error('died');
      return typeof result === 'object' && result !== null && 'hmac' in result ? mortal(result) : result;
    };
    return { keyring: mortal(bench.keyring), storage: mortal(bench.storage) };
  }
});
