import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { taskQueues } from '../../domain/task-queues.ts';
import { loadPolicies } from '../../policies/index.ts';
import { defineProcess } from '../../processes/support/define.ts';
import { splitPersonal } from '../../processes/support/personal.ts';
import { loadProcesses, registryOf } from '../../processes/support/registry.ts';
import * as workflows from '../../workflows/index.ts';

const spec = {
  name: 'feed-cat',
  title: 'Feed the cat',
  description: 'Of the tests.',
  workflow: 'feedCat',
  input: z.strictObject({ cat: z.string() }),
  permission: { object: 'cat', action: 'feed' },
  scope: 'tenant',
  businessKey: ({ cat }: { cat: string }) => cat,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
} as const;

describe('defineProcess', () => {
  it('takes a whole declaration as it is', () => {
    const process = defineProcess(spec);
    assert.equal(process.businessKey({ cat: 'tom' }, 'tenant'), 'tom');
    assert.deepEqual(process.messages, {});
  });

  it('takes a schedule by an interval or by a cron line in a time zone', () => {
    const platform = { ...spec, scope: 'platform' } as const;
    const schedules = [
      { every: '30m', input: { cat: 'tom' } },
      { cron: '0 3 * * 1-5', timeZone: 'Europe/Vienna', input: { cat: 'tom' } },
    ] as const;
    for (const schedule of schedules) assert.deepEqual(defineProcess({ ...platform, schedule }).schedule, schedule);
  });

  const email = z.email().meta({ pii: 'email' });
  const message = { kind: 'update', permission: spec.permission } as const;
  const slips = [
    ['a name that is no verb-noun', { name: 'FeedCat' }, /kebab-case/],
    ['a workflow that is no type', { workflow: 'feed-cat' }, /camelCase/],
    ['no permission', { permission: { object: '', action: 'feed' } }, /permission/],
    ["the platform's own field", { input: z.strictObject({ cat: z.string(), run: z.string() }) }, /'run'/],
    ['an input without a JSON Schema', { input: z.strictObject({ cat: z.string(), at: z.date() }) }, /input: /],
    ['an unknown kind of personal data', { input: z.strictObject({ cat: z.string().meta({ pii: 'fur' }) }) }, /"fur"/],
    [
      'personal data inside a list',
      { input: z.strictObject({ cat: z.string(), owners: z.array(z.object({ email })) }) },
      /mark the whole array/,
    ],
    [
      'personal data inside a choice',
      { input: z.strictObject({ cat: z.string(), owner: z.union([z.object({ email }), z.null()]) }) },
      /mark the whole union/,
    ],
    ['a schedule in a school', { schedule: { every: '1h', input: { cat: 'tom' } } }, /only a process of the platform/],
    ['an interval of no unit', { scope: 'platform', schedule: { every: '60', input: { cat: 'tom' } } }, /30m, 1h or 1d/],
    ['a cron line without a time zone', { scope: 'platform', schedule: { cron: '0 3 * * *', input: { cat: 'tom' } } }, /time zone/],
    ['a schedule whose input does not fit', { scope: 'platform', schedule: { every: '1h', input: {} } }, /input of its schedule: .*cat/s],
    [
      'personal data in a schedule',
      { scope: 'platform', input: z.strictObject({ email }), schedule: { every: '1h', input: { email: 'a@b.co' } } },
      /carries personal data/,
    ],
    ['personal data in a message', { messages: { tell: { ...message, input: z.strictObject({ email }) } } }, /store it first/],
  ] as const;
  for (const [title, slip, reason] of slips) {
    it(`refuses ${title}`, () => {
      assert.throws(() => defineProcess({ ...spec, ...slip } as unknown as Parameters<typeof defineProcess>[0]), reason);
    });
  }
});

describe('splitPersonal', () => {
  const schema = z.strictObject({
    slug: z.string(),
    email: z.email().meta({ pii: 'email' }).optional(),
    admin: z
      .strictObject({ name: z.string().meta({ pii: 'name' }), role: z.string() })
      .nullable()
      .default(null),
    phones: z.array(z.string()).meta({ pii: 'phone' }).default([]),
  });

  it('takes marked fields out, at any depth and under any wrapper, and leaves the input as it was', () => {
    const input = schema.parse({ slug: 's', email: 'a@b.co', admin: { name: 'Ada', role: 'head' }, phones: ['1', '2'] });
    const copy = structuredClone(input);
    assert.deepEqual(splitPersonal(schema, input), {
      plain: { slug: 's', admin: { role: 'head' } },
      personal: { email: 'a@b.co', admin: { name: 'Ada' }, phones: ['1', '2'] },
    });
    assert.deepEqual(input, copy);
  });

  it('has nothing personal to give where nothing was given', () => {
    const bare = z.strictObject({ slug: z.string(), email: z.email().meta({ pii: 'email' }).optional(), admin: schema.shape.admin });
    assert.deepEqual(splitPersonal(bare, bare.parse({ slug: 's' })), { plain: { slug: 's', admin: null }, personal: undefined });
  });
});

describe('the registry of processes', () => {
  let folder: string;
  before(() => {
    const home = new URL('../../.toolbox/', import.meta.url).pathname;
    mkdirSync(home, { recursive: true });
    folder = mkdtempSync(`${home}processes-`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const load = () => loadProcesses(pathToFileURL(`${folder}/`));

  it('reads the house: each process has a workflow, and its permission is in the policy', async () => {
    const { all } = await loadProcesses();
    const { permissions } = await loadPolicies();
    assert.ok(all.length > 0);
    for (const { name, workflow, permission, messages } of all) {
      assert.ok(workflow in workflows, `${name}: workflows/index.ts does not export ${workflow}`);
      for (const { object, action } of [permission, ...Object.values(messages).map((message) => message.permission)]) {
        assert.ok(
          permissions.some((known) => known.object === object && known.action === action),
          `${name}: nobody may ${action} ${object}`,
        );
      }
    }
  });

  it('refuses a file that declares no process, or another than its name says', async () => {
    writeFileSync(`${folder}/feed-cat.ts`, 'export default {};\n');
    await assert.rejects(load(), /feed-cat\.ts does not default-export/);
    rmSync(`${folder}/feed-cat.ts`);
    writeFileSync(`${folder}/walk-dog.ts`, "export { default } from '../../processes/onboard-school.ts';\n");
    await assert.rejects(load(), /declares the process 'onboard-school'/);
  });

  it('refuses two of a name', () => {
    const process = defineProcess(spec);
    assert.throws(() => registryOf([process, process]), /two processes/);
  });
});
