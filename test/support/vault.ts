import { randomBytes } from 'node:crypto';
import { prepareVault } from '../../platform/prepare-vault.ts';
import { createVaultHttp, type VaultCall } from '../../platform/vault-http.ts';
import { createVault, type Vault } from '../../platform/vault.ts';
import { servers } from './servers.ts';
import { atEnd } from './teardown.ts';

/** The real vault under a mount of this test process. Filled when the suite's `before` hooks have run. */
export interface TestVault {
  /** As the app's token sees it. */
  readonly vault: Vault;
  /** The same access, raw: what the app may ask. */
  readonly asApp: VaultCall;
  readonly asAdmin: VaultCall;
  readonly address: string;
  readonly mount: string;
  readonly appToken: string;
}
let shared: Promise<TestVault> | undefined;

/** A mount nobody else uses, prepared as a deployment's would be. `remove` takes it away again. */
export async function makeVault(): Promise<TestVault & { remove(): Promise<void> }> {
  const { url: address, token: adminToken } = servers().vault;
  const mount = `test-${randomBytes(6).toString('hex')}`;
  const { appToken } = await prepareVault({ address, adminToken, mount });
  const access = { address, token: appToken };
  const asAdmin = createVaultHttp({ address, token: adminToken });
  const remove = async (): Promise<void> => {
    await asAdmin('DELETE', `sys/mounts/${mount}`);
    await asAdmin('DELETE', `sys/policies/acl/toolbox-app-${mount}`);
  };
  return { vault: createVault({ ...access, mount }), asApp: createVaultHttp(access), asAdmin, address, mount, appToken, remove };
}

async function makeShared(): Promise<TestVault> {
  const made = await makeVault();
  atEnd(() => made.remove());
  return made;
}

/** Call in a `describe`: one prepared mount for all suites of the process. Use tenants of your own. */
export function useVault(): TestVault {
  const holder = {} as TestVault;
  before(async function () {
    this.timeout(30_000);
    Object.assign(holder, await (shared ??= makeShared()));
  });
  return holder;
}
