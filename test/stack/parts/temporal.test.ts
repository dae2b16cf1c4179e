import assert from 'node:assert/strict';
import { Connection } from '@temporalio/client';
import { mkdirSync } from 'node:fs';
import { temporal } from '../../../stack/parts/temporal.ts';
import { startPart } from '../../../stack/start-part.ts';
import { createSupervisor, type Supervisor } from '../../../stack/supervisor.ts';
import { contextOf, useHome } from '../support.ts';

describe('Temporal in the stack', function () {
  this.timeout(60_000);
  let supervisor: Supervisor;
  afterEach(() => supervisor.stop(true));
  const own = useHome();

  async function attributesAt(address: string): Promise<string[]> {
    const connection = await Connection.connect({ address });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    await connection.close();
    return Object.keys(customAttributes ?? {}).sort();
  }

  it('gives a database that an older version made the search attributes added since', async () => {
    mkdirSync(own.home.data('temporal'), { recursive: true });
    const context = contextOf(own.home, { PATH: process.env['PATH'] });
    const launch = await temporal.launch(context, await temporal.resolve(context));
    const older = launch.args.filter(
      (arg, at) => arg !== 'PlatformRunId=Keyword' && !(arg === '--search-attribute' && launch.args[at + 1] === 'PlatformRunId=Keyword'),
    );
    supervisor = createSupervisor(own.home, assert.fail, assert.fail);
    await supervisor.start({ name: 'temporal', title: 'Temporal', order: 0 }, { ...launch, args: older });
    assert.deepEqual(await attributesAt(`127.0.0.1:${context.memory.port('temporal')}`), ['StartedBy', 'TenantId']);
    await supervisor.stop();

    supervisor = createSupervisor(own.home, assert.fail, assert.fail);
    const { address } = await startPart(temporal, 0, contextOf(own.home, { PATH: process.env['PATH'] }), supervisor);
    assert.deepEqual(await attributesAt(address.address), ['PlatformRunId', 'StartedBy', 'TenantId']);
  });
});
