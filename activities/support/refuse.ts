import { ApplicationFailure } from '@temporalio/activity';
import type { AppError } from '../../domain/errors.ts';

/**
 * Carries an expected refusal over the wire as a final failure. Only the code, the words and `details` survive: the cause stays
 * behind, for a vendor's or a database's own words may name a person.
 */
export const refuse = (error: AppError): ApplicationFailure =>
  ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: true,
    details: error.details ? [error.details] : [],
  });
