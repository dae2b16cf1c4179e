import type { Reply } from '../support/http.ts';

export interface FieldError {
  readonly message: string;
  readonly field?: string | null;
  readonly help?: unknown;
}

/** An answer of SendGrid's that is no success. */
export class SendgridFailure extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[];

  constructor(status: number, errors: readonly FieldError[]) {
    super(errors[0]?.message ?? String(status));
    this.status = status;
    this.errors = errors;
  }
}

export const badRequest = (message: string, field: string | null = null): SendgridFailure =>
  new SendgridFailure(400, [{ message, field, help: null }]);
export const notFound = (): SendgridFailure => new SendgridFailure(404, [{ message: 'not found', field: null }]);

export function refusal(error: unknown): Reply {
  if (error instanceof SendgridFailure) return { status: error.status, body: { errors: error.errors } };
  throw error;
}
