import type { z } from 'zod';
import type { RosterImported } from '../domain/roster/counts.ts';
import type { ProcessInput } from '../domain/run.ts';
import type onboardSchool from '../processes/onboard-school.ts';

/** What the workflow is given: the personal part of the process's input stays behind, sealed under `run.sealedInputId`. */
export type OnboardSchoolInput = ProcessInput<Omit<z.infer<(typeof onboardSchool)['input']>, 'adminEmail' | 'adminName'>>;

/** Ids and numbers only. Money in minor units, times in RFC 3339. */
export interface OnboardSchoolResult {
  readonly tenantId: string;
  readonly slug: string;
  readonly counts: { readonly users: number; readonly classes: number; readonly enrollments: number; readonly badRows: number };
  readonly roster?: RosterImported;
  readonly invoice: {
    readonly id: string;
    readonly number: string | null;
    readonly amountMinor: number;
    readonly currency: string;
    readonly status: string;
  };
  readonly mailsSent: number;
  readonly mailsUndeliverable: number;
  /** Null when the plan has no trial. */
  readonly trialEndsAt: string | null;
}
