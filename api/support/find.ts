import { NotFoundError } from '../../domain/errors.ts';

/** The value, or NotFoundError: what another tenant has and what nobody has look the same. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotFoundError(what);
  return value;
}
