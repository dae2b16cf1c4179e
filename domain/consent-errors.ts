import { AppError } from './errors.ts';
import type { ConsentState } from './privacy/consent.ts';

/** Nothing is done for a purpose without a yes, or against a no. */
export class ConsentRequiredError extends AppError {
  constructor(purpose: string, state: ConsentState) {
    const words = 'Read its text at GET /v1/consent-purposes; who may decide does so at POST /v1/consents.';
    super('consent-required', 403, `There is no consent for '${purpose}' (${state}). ${words}`, { purpose, state });
  }
}
export class PurposeOutdatedError extends AppError {
  constructor(purpose: string, version: number) {
    const words = 'read it at GET /v1/consent-purposes and decide again';
    super('purpose-outdated', 409, `The text of '${purpose}' is of version ${version} by now: ${words}.`, { purpose, version });
  }
}
export class GpcConflictError extends AppError {
  constructor(purpose: string) {
    const words = "To make an exception for this purpose send the method 'gpc-exception'.";
    super('gpc-conflict', 409, `Your browser says no to '${purpose}' (Sec-GPC). ${words}`, { purpose });
  }
}
/** Who asks may decide other things for this person, not this. */
export class NotTheirsToDecideError extends AppError {
  constructor(reason: string) {
    super('not-theirs-to-decide', 403, reason);
  }
}
/** GDPR Art. 18: it is kept, and not otherwise used, until the restriction is lifted. */
export class PersonRestrictedError extends AppError {
  constructor() {
    super(
      'person-restricted',
      423,
      'The data of this person is restricted (GDPR Art. 18): it is stored, and not used, until that is lifted.',
    );
  }
}
