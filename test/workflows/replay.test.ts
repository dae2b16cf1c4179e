import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { baseSinks, temporal } from '../support/temporal.ts';

const folder = new URL('./histories/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const textOf = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

describe('recorded histories', () => {
  const replay = async (text: string): Promise<void> =>
    Worker.runReplayHistory({ workflowBundle: (await temporal()).bundle, sinks: baseSinks }, JSON.parse(text));

  before(async function () {
    this.timeout(60_000);
    await temporal();
  });

  it('are there', () => assert.ok(files.length > 0));

  for (const file of files) it(`replay under the workflows of today: ${file}`, () => replay(textOf(file)));

  it('do not replay when the workflow would now decide otherwise', async () => {
    const changed = textOf('onboard-school.2026-11.json').replaceAll('"createBucket"', '"createCellar"');
    await assert.rejects(replay(changed), DeterminismViolationError);
  });
}).timeout(30_000);
