import type { AccessLevel } from '../../domain/dunning/policy.ts';
import { TenantCancelledForPaymentError, TenantReadOnlyError, TenantSuspendedForPaymentError } from '../../domain/billing-errors.ts';
import { type AppError } from '../../domain/errors.ts';
import type { Caller } from '../support/caller.ts';
import type { Method } from '../support/route.ts';

const refusals: Readonly<Record<AccessLevel, (method: Method) => AppError | undefined>> = {
  full: () => undefined,
  read_only: (method) => (method === 'get' ? undefined : new TenantReadOnlyError()),
  suspended: () => new TenantSuspendedForPaymentError(),
  cancelled: () => new TenantCancelledForPaymentError(),
};

/**
 * Lets pass what a school may do while it owes, or throws the refusal of its level, which names the way to pay. Asked of people only: the
 * platform's own work in a school, and its staff's, goes on.
 */
export function demandPaid({ accessLevel }: Pick<Caller, 'accessLevel'>, method: Method): void {
  const refusal = refusals[accessLevel](method);
  if (refusal) throw refusal;
}
