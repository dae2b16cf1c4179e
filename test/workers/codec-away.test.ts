import assert from 'node:assert/strict';
import type { PayloadCodec } from '@temporalio/common';
import { TenantKeyMissingError, UnavailableError } from '../../domain/errors.ts';
import { createPatientCodec } from '../../platform/codec/patient-codec.ts';
import { testCodec } from '../support/payload-codec.ts';
import { createWorker } from '../support/temporal.ts';
import { until } from '../support/until.ts';
import { createWorld, startFixture } from '../workflows/support/world.ts';

/** The codec of the tests, until `trouble` says what is wrong. */
function createTroubled() {
  const state: { trouble?: (encodes: boolean, hasContext: boolean) => Error | undefined; refused: number } = { refused: 0 };
  const or = async <T>(encodes: boolean, hasContext: boolean, work: () => Promise<T>): Promise<T> => {
    const error = state.trouble?.(encodes, hasContext);
    if (!error) return await work();
    state.refused += 1;
    throw error;
  };
  const codec: PayloadCodec = {
    encode: (payloads, context) => or(true, context !== undefined, () => testCodec.encode(payloads, context)),
    decode: (payloads, context) => or(false, context !== undefined, () => testCodec.decode(payloads, context)),
  };
  return { state, codec: createPatientCodec(codec, { pauseMs: 20 }) };
}

describe('a worker without keys', function () {
  this.timeout(60_000);

  it('waits for them where a run stands, does not go down, and goes on when they are back', async () => {
    const { state, codec } = createTroubled();
    const lose = (): void => void (state.trouble = () => new UnavailableError('vault'));
    const fail = (): never => {
      lose();
      throw new Error('no luck');
    };
    // The first loses the keys before its failure is sealed.
    const world = createWorld({ one: (attempt) => (attempt === 1 ? fail() : undefined) });
    const { worker, on } = await createWorker({ ...world.options, codec, timeTravel: false });
    await worker.runUntil(async () => {
      const first = await startFixture(on, 'scriptedFixture', { steps: ['one', 'two'] });
      await until(() => state.refused >= 1);
      const second = await startFixture(on, 'scriptedFixture', { steps: ['three'] });
      await until(() => state.refused >= 10);
      assert.ok(worker.isRunning());
      delete state.trouble;
      assert.deepEqual(await Promise.all([first.result(), second.result()]), [{ done: 2 }, { done: 1 }]);
    });
  });

  it('tells the end of a run whose tenant is gone under the key of the platform', async () => {
    const { state, codec } = createTroubled();
    const world = createWorld({
      one: () => {
        state.trouble = (encodes, hasContext) => (encodes && hasContext ? new TenantKeyMissingError('gone') : undefined);
      },
    });
    const { worker, on } = await createWorker({ ...world.options, codec });
    await worker.runUntil(async () => {
      const handle = await startFixture(on, 'scriptedFixture', { steps: ['one', 'two'] });
      assert.deepEqual(await handle.result(), { done: 2 });
      assert.ok(state.refused > 0);
    });
  });
});
