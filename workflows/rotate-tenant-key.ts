import { sleep } from '@temporalio/workflow';
import type { TenantKeyRotationActivities } from '../activities/tenant-key-rotation.ts';
import type { RotateTenantKeyInput, RotateTenantKeyResult } from './rotate-tenant-key.messages.ts';
import { runProcess } from './support/process.ts';
import { longRunning, service } from './support/proxies.ts';

const vault = service<TenantKeyRotationActivities>();
const keyring = longRunning<TenantKeyRotationActivities>();

/**
 * Longer than anybody has between wrapping a key and having written it, or between reading one and having it unwrapped: a statement ends
 * after two minutes, a request to the vault after seconds.
 */
const underWay = '5 minutes';

/**
 * A new version wraps from the second step on. Who wrapped by the old one before has written it when the first pause is over, so one pass
 * finds everything; who read a key before it was wrapped anew has unwrapped it when the second is over. Nothing is undone: both versions
 * open until the last step, and a run that was stopped is done by the next one.
 */
export function rotateTenantKey({ run, tenantId }: RotateTenantKeyInput): Promise<RotateTenantKeyResult> {
  const steps = ['read', 'rotate', 'let-writers-end', 'wrap-anew', 'let-readers-end', 'retire'];
  return runProcess(run, steps, async ({ step }) => {
    const from = await step('read', () => vault.readTenantKeyVersion({ tenantId }), { detail: (version) => `version ${version}` });
    const to = await step('rotate', () => vault.rotateTenantKeyOnce({ tenantId, from }), { detail: (version) => `version ${version}` });
    await step('let-writers-end', () => sleep(underWay));
    const rewrapped = await step('wrap-anew', () => keyring.rewrapTenantKeys({ tenantId, version: to }), {
      detail: (count) => `${count} keys`,
    });
    await step('let-readers-end', () => sleep(underWay));
    const oldest = await step('retire', () => vault.retireTenantKeyVersions({ tenantId, version: to, run }), {
      detail: (version) => `nothing opens by a version before ${version}`,
    });
    return { from, to, rewrapped, left: 0, oldest };
  });
}
