// The only door: what is exported here is a workflow type. One line a workflow.
export { backUpKeyring } from './back-up-keyring.ts';
export { changeSubscription } from './change-subscription.ts';
export { collectPayment } from './collect-payment.ts';
export { expireUploads } from './expire-uploads.ts';
export { mirrorBilling } from './mirror-billing.ts';
export { issueCreditNote } from './issue-credit-note.ts';
export { onboardSchool } from './onboard-school.ts';
export { refundPayment } from './refund-payment.ts';
export { resetPassword } from './reset-password.ts';
export { rotateTenantKey } from './rotate-tenant-key.ts';
export { simulateDunning } from './simulate-dunning.ts';
