import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { loadProcesses } from '../../processes/support/registry.ts';
import { type ActivityDeps, createActivities } from '../../workers/activities.ts';
import { baseSinks, temporal } from '../support/temporal.ts';
import { bundleChanged, type Change } from './support/changed-workflows.ts';

const folder = new URL('./histories/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

interface History {
  readonly events: readonly {
    readonly activityTaskScheduledEventAttributes?: {
      readonly activityType: { readonly name: string };
      readonly taskQueue: { readonly name: string };
    };
  }[];
}
const historyOf = (file: string): History => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as History;
const replay = (file: string, workflowBundle: WorkflowBundleOption): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle, sinks: baseSinks }, historyOf(file));

describe('recorded histories', function () {
  this.timeout(60_000);
  before(() => temporal().then(() => undefined));

  for (const file of files)
    it(`replay under the workflows of today: ${file}`, async () => {
      await assert.doesNotReject(replay(file, (await temporal()).bundle));
    });

  it('are there for every process and each way it may end (npm run record-history)', async () => {
    const { all } = await loadProcesses();
    const missing = all.flatMap(({ name, schedule }) => {
      const text = readFileSync(`workflows/${name}.ts`, 'utf8');
      const ends = [
        'completed',
        'cancelled',
        ...(schedule ? ['scheduled'] : []),
        // A process that undoes also refuses, before there is anything to undo.
        ...(/\bundo: \(\) =>/.test(text) ? ['undone', 'refused'] : []),
      ];
      return ends.map((end) => `${name}.${end}`).filter((end) => !files.some((file) => file.replace(/\.\d{4}-\d\d/, '') === `${end}.json`));
    });
    assert.deepEqual(missing, []);
  });

  it('asked for each activity on the queue that it declares', () => {
    const declared = new Map(
      Object.entries(createActivities({} as ActivityDeps)).flatMap(([queue, activities]) =>
        Object.keys(activities).map((name) => [name, queue] as const),
      ),
    );
    const scheduled = files.flatMap((file) =>
      historyOf(file).events.flatMap(({ activityTaskScheduledEventAttributes: asked }) =>
        asked ? [[asked.activityType.name, asked.taskQueue.name] as const] : [],
      ),
    );
    assert.ok(scheduled.length > 50);
    assert.deepEqual(
      scheduled.filter(([name, queue]) => declared.get(name) !== queue),
      [],
    );
  });
});

const createKey =
  "  await step('create-key', () => services.createTenantKeys({ tenantId }), { undo: () => undo.destroyTenantKeys({ tenantId }) });\n";
const createStorage =
  "  await step('create-storage', () => services.createBucket({ tenantId }), { undo: () => undo.removeBucket({ tenantId }) });\n";
const announce = "  await step('announce', () => services.announceTenant({ tenantId, slug, at: new Date().toISOString() }));\n";

/** What somebody may do to a workflow while runs of it are under way. */
const changes: Readonly<Record<string, Change>> = {
  'an activity added in the middle': {
    file: 'onboard-school.ts',
    from: createKey,
    to: `${createKey}  await step('ask-again', () => stores.checkSchool({ slug, plan }));\n`,
  },
  'two steps in the other order': { file: 'onboard-school.ts', from: createKey + createStorage, to: createStorage + createKey },
  'a step left out': { file: 'onboard-school.ts', from: announce, to: '' },
  'a timer before a step': {
    file: 'onboard-school.ts',
    from: announce,
    to: `  await new Promise((resolve) => setTimeout(resolve, 1_000));\n${announce}`,
  },
};

describe('the guard that replays histories', function () {
  this.timeout(60_000);
  const file = 'onboard-school.2026-11.completed.json';

  for (const [what, change] of Object.entries(changes))
    it(`fails on ${what}`, async () => {
      await assert.rejects(replay(file, await bundleChanged(change)), DeterminismViolationError);
    });

  it('lets pass what no running workflow can tell: other words', async () => {
    const words = { file: 'onboard-school.ts', from: 'trial until', to: 'free of charge until' };
    await assert.doesNotReject(replay(file, await bundleChanged(words)));
  });
});
