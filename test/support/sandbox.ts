import type { SandboxOptions } from '../../sandboxes/support/kernel.ts';
import { startSandbox, type Sandbox, type VendorName } from '../../sandboxes/support/start.ts';

/** Call in a `describe`: its tests get a stand-in for a vendor of their own. Filled when the suite's `before` hooks have run. */
export function useSandbox(vendor: VendorName, options: SandboxOptions = {}): Sandbox {
  const holder = {} as Sandbox;
  before(async () => void Object.assign(holder, await startSandbox(vendor, options)));
  after(() => holder.stop());
  return holder;
}
