import assert from 'node:assert/strict';
import { startSandbox } from '../../../sandboxes/support/start.ts';
import type { Sandbox, VendorName } from '../../../sandboxes/support/start.ts';
import { specsDirectory } from './documents.ts';
import { createContractProxy } from './validator.ts';
import type { ContractProxy } from './validator.ts';

export interface Recorded {
  readonly proxy: ContractProxy;
  readonly sandbox: Sandbox;
}

/**
 * Drives a vendor's sandbox by `recording` through the comparing proxy, and asserts that nothing passed which the vendor's document
 * does not allow, and that no operation of the sandbox was left out. Declares nothing where the documents are absent.
 */
export function describeContract(vendor: VendorName, recording: (recorded: Recorded) => Promise<void>): void {
  if (specsDirectory() === undefined) return;
  describe(`the ${vendor} sandbox beside the vendor's document`, function () {
    this.timeout(60_000);
    const recorded = {} as { proxy: ContractProxy; sandbox: Sandbox };
    const stops: (() => Promise<void>)[] = [];

    before(async () => {
      recorded.sandbox = await startSandbox(vendor);
      stops.push(() => recorded.sandbox.stop());
      recorded.proxy = await createContractProxy(vendor, recorded.sandbox.url);
      stops.push(() => recorded.proxy.stop());
      await recording(recorded);
    });
    after(() => Promise.all(stops.map((stop) => stop())));

    it('sends and answers what the document allows', () => assert.deepEqual(recorded.proxy.violations(), []));

    it('was seen in every operation it has', async () => {
      const { operations } = await recorded.sandbox.control.call<{ operations: string[] }>('GET', '/operations');
      assert.ok(operations.length > 0);
      assert.deepEqual(
        operations.filter((one) => !recorded.proxy.succeeded().has(one)),
        [],
      );
    });
  });
}
