import { channelOf } from '../domain/tenant.ts';
import type { Push } from '../platform/push.ts';

export interface PushDeps {
  readonly push: Pick<Push, 'trigger'>;
}

export const createPushActivities = ({ push }: PushDeps) => ({
  /** Safe to retry: it may be heard twice, always with the same id, and receivers drop an id they know. */
  async announceTenant({ tenantId, slug, at }: { readonly tenantId: string; readonly slug: string; readonly at: string }): Promise<void> {
    await push.trigger(channelOf(tenantId), 'tenant.onboarded', { id: `tenant.onboarded:${tenantId}`, tenantId, slug, at });
  },
});
export type PushActivities = ReturnType<typeof createPushActivities>;
