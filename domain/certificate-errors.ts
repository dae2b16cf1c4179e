import { AppError } from './errors.ts';

/** What was to be certified is not so, or not of the form certificates take. `reasons` are words of ours: never what was sent. */
export class CertificateRefusedError extends AppError {
  constructor(reasons: readonly string[]) {
    super('certificate-refused', 422, 'This cannot be certified.', { reasons });
  }
}
