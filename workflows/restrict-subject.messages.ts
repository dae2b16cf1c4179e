import type { z } from 'zod';
import type { ProcessInput } from '../domain/run.ts';
import type restrictSubject from '../processes/restrict-subject.ts';

export type RestrictSubjectInput = ProcessInput<z.infer<(typeof restrictSubject)['input']>>;

export interface RestrictSubjectResult {
  readonly liftedBy: 'message' | 'date';
}
export interface Lifting {
  readonly lifting: true;
}
