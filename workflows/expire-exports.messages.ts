import type { ProcessInput } from '../domain/run.ts';

export type ExpireExportsInput = ProcessInput<object>;
/** `tenants` is how many had something to remove. */
export interface ExpireExportsResult {
  readonly tenants: number;
  readonly removed: number;
}
