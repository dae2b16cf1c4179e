// The only door: what is exported here is a workflow type. One line a workflow.
export { backUpKeyring } from './back-up-keyring.ts';
export { changeSubscription } from './change-subscription.ts';
export { collectPayment } from './collect-payment.ts';
export { eraseSubject } from './erase-subject.ts';
export { expireExports } from './expire-exports.ts';
export { expireUploads } from './expire-uploads.ts';
export { exportSubject } from './export-subject.ts';
export { mirrorBilling } from './mirror-billing.ts';
export { issueCreditNote } from './issue-credit-note.ts';
export { onboardSchool } from './onboard-school.ts';
export { rectifySubject } from './rectify-subject.ts';
export { refundPayment } from './refund-payment.ts';
export { resetPassword } from './reset-password.ts';
export { takeRobloxErasures } from './take-roblox-erasures.ts';
export { rotateTenantKey } from './rotate-tenant-key.ts';
export { restrictSubject } from './restrict-subject.ts';
export { simulateDunning } from './simulate-dunning.ts';
