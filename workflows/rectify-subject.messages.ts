import type { z } from 'zod';
import type { ProcessInput } from '../domain/run.ts';
import type rectifySubject from '../processes/rectify-subject.ts';

/** What the workflow is given: the new values stay behind, sealed under `run.sealedInputId`. */
export type RectifySubjectInput = ProcessInput<Omit<z.infer<(typeof rectifySubject)['input']>, 'corrections'>>;

export interface RectifySubjectResult {
  /** Places that hold the new values now: `table.column`. */
  readonly corrected: readonly string[];
  /** Kinds of look-up by which the person is found under the new value. */
  readonly indexes: readonly string[];
}
