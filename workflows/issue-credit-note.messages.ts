import type { z } from 'zod';
import type { ProcessInput } from '../domain/run.ts';
import type issueCreditNote from '../processes/issue-credit-note.ts';

export type IssueCreditNoteInput = ProcessInput<z.infer<(typeof issueCreditNote)['input']>>;
/** `creditNoteId` is Stripe's. Money in minor units. */
export interface IssueCreditNoteResult {
  readonly creditNoteId: string;
  readonly status: string;
  readonly amountMinor: number;
  readonly currency: string;
}
