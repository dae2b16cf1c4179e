// The only door: what is exported here is a workflow type. One line a workflow.
export { expireUploads } from './expire-uploads.ts';
export { mirrorBilling } from './mirror-billing.ts';
export { onboardSchool } from './onboard-school.ts';
export { resetPassword } from './reset-password.ts';
