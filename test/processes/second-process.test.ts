import { resolve } from 'node:path';
import { useHouseCopy } from '../support/house-copy.ts';

/** All that is written to add a process (docs/design.md, "Processes"), here one that only asks whether a school's address is free. */
const written: Readonly<Record<string, string>> = {
  'processes/check-address.ts': `
import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { slugPattern } from '../domain/tenant.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: 'check-address',
  title: 'Check an address',
  description: 'Says whether a school could have this address.',
  workflow: 'checkAddress',
  input: z.strictObject({ slug: z.string().regex(slugPattern), contact: z.email().meta({ pii: 'email' }).optional() }),
  permission: { object: 'address', action: 'check' },
  scope: 'platform',
  businessKey: ({ slug }) => slug,
  conflict: 'use-existing',
  taskQueue: taskQueues.main,
});
`,
  'workflows/check-address.messages.ts': `
import type { ProcessInput } from '../domain/run.ts';

export type CheckAddressInput = ProcessInput<{ readonly slug: string }>;
export interface CheckAddressResult {
  readonly free: true;
}
`,
  'workflows/check-address.ts': `
import type { TenantActivities } from '../activities/tenant.ts';
import type { CheckAddressInput, CheckAddressResult } from './check-address.messages.ts';
import { runProcess } from './support/process.ts';
import { database } from './support/proxies.ts';

const { checkSchool } = database<TenantActivities>();

/** Ends well when the address is free, and with the refusal when it is not. */
export function checkAddress({ run, slug }: CheckAddressInput): Promise<CheckAddressResult> {
  return runProcess(run, ['ask'], async ({ step }) => {
    await step('ask', () => checkSchool({ slug, plan: 'starter' }));
    return { free: true };
  });
}
`,
  'test/workflows/check-address.test.ts': `
import assert from 'node:assert/strict';
import { createRunActivities } from '../../activities/run.ts';
import { createTenantActivities } from '../../activities/tenant.ts';
import type { Role } from '../../domain/roles.ts';
import { taskQueues } from '../../domain/task-queues.ts';
import { useApi } from '../support/api.ts';
import { useNamespace } from '../support/namespace.ts';
import { testCodec } from '../support/payload-codec.ts';
import { createWorker } from '../support/temporal.ts';
import { until } from '../support/until.ts';

describe('check-address', function () {
  this.timeout(60_000);
  const own = useNamespace(testCodec);
  const api = useApi(() => ({ temporal: own.temporal }));
  const path = '/v1/processes/check-address/runs';
  const start = (body: object, as: Role = 'ops') => api.send(path, { as, body });
  const outcome = async (slug: string) => {
    const { body } = await start({ slug });
    const read = async () => (await api.send('/v1/runs/' + String(body['id']), { as: 'ops' })).body;
    return until(async () => {
      const run = await read();
      return String(run['status']) === 'running' ? undefined : run;
    }, 20_000);
  };

  it('is in the catalogue and in the document, with its schema and its permission', async () => {
    const { items } = (await api.send('/v1/processes', { as: 'ops' })).body;
    assert.ok(JSON.stringify(items).includes('"Check an address"'));
    const document = (await api.send('/openapi.json')).body;
    const operation = document['paths']?.[path]?.['post'];
    const schema = operation?.['requestBody']?.['content']?.['application/json']?.['schema'];
    assert.deepEqual(Object.keys(schema?.['properties'] ?? {}), ['slug', 'contact']);
    assert.deepEqual(operation?.['x-permission'], { object: 'address', action: 'check' });
  });

  it('is validated, and permitted as its line in the policy says', async () => {
    const fault = await start({ slug: 'No!', more: true });
    assert.deepEqual([fault.status, Object.keys(fault.body['issues'] ?? {}).length], [422, 2]);
    assert.equal((await start({ slug: 'free' }, 'compliance')).status, 403);
    assert.equal((await start({ slug: 'free' }, 'tenant_admin')).status, 403);
    assert.equal((await api.send(path, { body: {} })).status, 401);
  });

  it('runs, and is refused for a taken address', async () => {
    const hints = { moved: () => undefined, drained: async () => undefined };
    const knex = api.databases.main;
    const activities = { ...createTenantActivities({ knex }), ...createRunActivities({ knex, hints }) };
    const { worker } = await createWorker({ taskQueue: taskQueues.main, namespace: own.namespace, activities });
    await worker.runUntil(async () => {
      const free = await outcome('free-' + Date.now());
      assert.deepEqual([free['status'], free['result']], ['completed', { free: true }]);
      const taken = await outcome(api.schools[0].slug);
      assert.deepEqual([taken['status'], taken['error']?.['code']], ['failed', 'tenant-exists']);
    });
  });
});
`,
};
/** The two lines that are added to files there are. */
const replaced: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'workflows/index.ts': [['', "export { checkAddress } from './check-address.ts';\n"]],
  'policies/policy.csv': [['', '\np, ops, platform, address, check\n']],
};

describe('a second process', function () {
  this.timeout(180_000);
  const copy = useHouseCopy({ written, replaced });
  const tool = (script: string, ...args: string[]): Promise<void> => copy.demand(resolve('node_modules', script), ...args);

  it('is added by its own files and two lines: its route, validation, document, permission and run follow', async () => {
    const options = ['--no-config', '--node-option', 'import=tsx/esm', '--require', './test/support/hooks.ts', '--timeout', '60000'];
    await tool('mocha/bin/mocha.js', ...options, 'test/workflows/check-address.test.ts');
  });

  it('is as strictly typed as the first', async () => {
    copy.write(
      'tsconfig.second.json',
      JSON.stringify({ extends: './tsconfig.json', include: ['processes', 'workflows', 'test/workflows/check-address.test.ts'] }),
    );
    await tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.second.json');
  });
});
