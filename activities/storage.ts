import { bucketOf } from '../domain/tenant.ts';
import type { Storage } from '../platform/storage.ts';

export interface StorageDeps {
  readonly storage: Pick<Storage, 'ensureBucket' | 'removeBucket'>;
}

export const createStorageActivities = ({ storage }: StorageDeps) => ({
  /** Safe to retry: the bucket's name is the tenant's, and one that is there is kept. */
  async createBucket({ tenantId }: { readonly tenantId: string }): Promise<void> {
    await storage.ensureBucket(bucketOf(tenantId));
  },
  /** Safe to retry, and when there is none. Whatever is in the bucket goes with it. */
  async removeBucket({ tenantId }: { readonly tenantId: string }): Promise<void> {
    await storage.removeBucket(bucketOf(tenantId));
  },
});
export type StorageActivities = ReturnType<typeof createStorageActivities>;
