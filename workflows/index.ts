// The only door: what is exported here is a workflow type. One line a workflow.
export { changeSubscription } from './change-subscription.ts';
export { collectPayment } from './collect-payment.ts';
export { expireUploads } from './expire-uploads.ts';
export { mirrorBilling } from './mirror-billing.ts';
export { issueCreditNote } from './issue-credit-note.ts';
export { onboardSchool } from './onboard-school.ts';
export { rectifySubject } from './rectify-subject.ts';
export { refundPayment } from './refund-payment.ts';
export { resetPassword } from './reset-password.ts';
export { restrictSubject } from './restrict-subject.ts';
export { simulateDunning } from './simulate-dunning.ts';
