import type { ProcessInput } from '../domain/run.ts';

export type ExpireUploadsInput = ProcessInput<object>;
/** `tenants` is how many had something to remove. */
export interface ExpireUploadsResult {
  readonly tenants: number;
  readonly removed: number;
}
