import { AppError } from './errors.ts';

/** What follows when a school owes: how to pay is the same for all, and stays open. */
const wayToPay = 'See what is owed at GET /v1/invoices, and pay or change the card by a session of POST /v1/billing/portal-sessions.';
export class TenantReadOnlyError extends AppError {
  constructor() {
    super('tenant-read-only', 402, `This school has bills that are overdue: until they are paid it can be read, not changed. ${wayToPay}`);
  }
}
export class TenantSuspendedForPaymentError extends AppError {
  constructor() {
    super('tenant-suspended-for-payment', 402, `This school is suspended until its overdue bills are paid. ${wayToPay}`);
  }
}
export class TenantCancelledForPaymentError extends AppError {
  constructor() {
    const words = 'The subscription of this school was cancelled because its bills were not paid.';
    super('tenant-cancelled-for-payment', 402, `${words} ${wayToPay}`);
  }
}
export class PlanTooSmallError extends AppError {
  constructor(plan: string, maxStudents: number, students: number) {
    const words = `The plan '${plan}' is for at most ${maxStudents} students, and this school has ${students}.`;
    super('plan-too-small', 422, words, { plan, maxStudents, students });
  }
}
/** What is asked of a school's billing does not fit how it stands. */
export class BillingStateError extends AppError {
  constructor(reason: string) {
    super('billing-state', 409, reason);
  }
}
export class RefundRefusedError extends AppError {
  constructor(reason: string) {
    super('refund-refused', 422, reason);
  }
}
export class CreditNoteRefusedError extends AppError {
  constructor(reason: string) {
    super('credit-note-refused', 422, reason);
  }
}
/** Says nothing of what was sent, and where: it is not to be seen again. */
export class CardDataRefusedError extends AppError {
  constructor() {
    const words = 'The request has a card number in it: never send one here.';
    super('card-data-refused', 400, `${words} Cards are entered on the pages that POST /v1/billing/portal-sessions leads to.`);
  }
}
/** A file of payments, or of a policy, that cannot be read as one. */
export class UnusableFileError extends AppError {
  constructor(message: string, cause?: unknown) {
    super('unusable-file', 422, message, undefined, cause);
  }
}
