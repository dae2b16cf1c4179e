import type { z } from 'zod';
import type { ProcessInput } from '../domain/run.ts';
import type resetPassword from '../processes/reset-password.ts';

/** What the workflow is given: the login stays behind, sealed under `run.sealedInputId`. */
export type ResetPasswordInput = ProcessInput<Omit<z.infer<(typeof resetPassword)['input']>, 'login'>>;

export interface ResetPasswordResult {
  /** False when no account has the login, or no mail can reach it. */
  readonly mailed: boolean;
}
