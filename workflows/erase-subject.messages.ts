import type { z } from 'zod';
import type { ErasureOutcome } from '../domain/privacy/request.ts';
import type { ProcessInput } from '../domain/run.ts';
import type eraseSubject from '../processes/erase-subject.ts';

export type EraseSubjectInput = ProcessInput<z.infer<(typeof eraseSubject)['input']>>;
type Body<Name extends keyof (typeof eraseSubject)['messages']> = z.infer<(typeof eraseSubject)['messages'][Name]['input']>;
/** The account that sent it: the API adds it. */
interface Signed {
  readonly by: string;
}
export type VerifyInput = Body<'verify'> & Signed;
export type HoldInput = Body<'hold'> & Signed;
export type SignedInput = Signed;
/** Where the request stands now. */
export interface Told {
  readonly status: string;
}
/** `unknown`: there never was such a person in this school. `erased-before`: an earlier request did it, and nothing has been found since. */
export interface EraseSubjectResult {
  readonly outcome: ErasureOutcome | 'withdrawn';
  /** RFC 3339. */
  readonly erasedAt?: string;
  readonly finalAt?: string;
  readonly certificateIds?: readonly string[];
}
