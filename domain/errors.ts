/** Details that may travel with a refusal to the client and into a workflow's failure: never personal data, never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An expected refusal. `code` is the stable contract: problem type, failure type and metric label. */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: ErrorDetails | undefined;

  constructor(code: string, status: number, message: string, details?: ErrorDetails, cause?: unknown) {
    super(message, { cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** One thing wrong with an input: where (a path, or a file and line) and why, in words. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

// --- requests -------------------------------------------------------------------------------------------------------

export class UnauthenticatedError extends AppError {
  constructor(message = 'Sign in first.') {
    super('unauthenticated', 401, message);
  }
}
export class BadCredentialsError extends AppError {
  constructor() {
    super('bad-credentials', 401, 'No account matches this login and password.');
  }
}
/** The password is right, and not enough: `otp` is to be sent with it. */
export class MfaRequiredError extends AppError {
  constructor() {
    super('mfa-required', 401, 'Send a code of the authenticator app, or a recovery code, as otp.');
  }
}
export class MfaEnrolmentRequiredError extends AppError {
  constructor() {
    super('mfa-enrolment-required', 403, 'This role needs a second factor: enrol one at /v1/auth/mfa/enrol first.');
  }
}
export class MfaEnrolledError extends AppError {
  constructor() {
    super('mfa-enrolled', 409, 'This account has a second factor: remove it first.');
  }
}
export class BadOtpError extends AppError {
  constructor() {
    super('bad-otp', 401, 'This code is wrong, too old, or was used before.');
  }
}
export class ForbiddenError extends AppError {
  constructor(action: string, object: string) {
    super('forbidden', 403, `You may not ${action} ${object}.`);
  }
}
export class NotFoundError extends AppError {
  constructor(what = 'resource') {
    super('not-found', 404, `No such ${what}.`);
  }
}
export class ValidationError extends AppError {
  constructor(issues: readonly Issue[]) {
    super('invalid-input', 422, 'The request is not valid.', { issues });
  }
}
/** What cannot be read as HTTP. */
export class BadRequestError extends AppError {
  constructor() {
    super('bad-request', 400, 'This is no request of HTTP.');
  }
}
/** Of two headers that decide alike, one of our servers and a proxy before them might each believe another. */
export class RepeatedHeaderError extends AppError {
  constructor(header: string) {
    super('repeated-header', 400, `Send ${header} once.`, { header });
  }
}
export class HeadersTooLargeError extends AppError {
  constructor(limitCount: number, limitBytes: number) {
    super('headers-too-large', 431, `Send at most ${limitCount} headers, of ${limitBytes} bytes.`, { limitCount, limitBytes });
  }
}
export class RequestTooSlowError extends AppError {
  constructor() {
    super('request-too-slow', 408, 'The request was not here in time.');
  }
}
export class MalformedBodyError extends AppError {
  constructor(message: string) {
    super('malformed-body', 400, message);
  }
}
export class BodyTooSlowError extends AppError {
  constructor(withinSeconds: number) {
    super('body-too-slow', 408, `The body was not here within ${withinSeconds} s.`);
  }
}
export class PayloadTooLargeError extends AppError {
  constructor(limitBytes: number) {
    super('payload-too-large', 413, `The body is larger than ${limitBytes} bytes.`, { limitBytes });
  }
}
export class UnsupportedMediaTypeError extends AppError {
  constructor(expected: string) {
    super('unsupported-media-type', 415, `Send ${expected}.`, { expected });
  }
}
export class BadSignatureError extends AppError {
  constructor() {
    super('bad-signature', 400, 'The signature is not of this body by a secret of ours.');
  }
}
export class StaleSignatureError extends AppError {
  constructor(withinSeconds: number) {
    super('stale-signature', 400, `The signature is older than ${withinSeconds} s.`, { withinSeconds });
  }
}
export class IdempotencyConflictError extends AppError {
  constructor() {
    super('idempotency-conflict', 409, 'This Idempotency-Key was used before with another request.');
  }
}
export class VersionConflictError extends AppError {
  constructor() {
    super('version-conflict', 412, 'The resource has changed since you read it: read it again.');
  }
}
export class PreconditionRequiredError extends AppError {
  constructor() {
    super('precondition-required', 428, 'Send the ETag you read as If-Match.');
  }
}

export class TooManyRequestsError extends AppError {
  readonly limit: string;
  readonly retryAfterSeconds: number;
  /** `limit`: what was exceeded. */
  constructor(limit: string, retryAfterSeconds: number) {
    super('too-many-requests', 429, `Too many requests: try again in ${retryAfterSeconds} s.`, { limit, retryAfterSeconds });
    this.limit = limit;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

// --- availability ---------------------------------------------------------------------------------------------------

export class UnavailableError extends AppError {
  constructor(part: string, retryAfterSeconds = 5, cause?: unknown) {
    super('unavailable', 503, `${part} cannot be reached right now. Nothing was lost: try again.`, { part, retryAfterSeconds }, cause);
  }
}

// --- runs -----------------------------------------------------------------------------------------------------------

export class RunInProgressError extends AppError {
  /** `runId` of the other run, when the caller may know it. */
  constructor(runId?: string) {
    super('run-in-progress', 409, 'A run with the same business key is in progress.', runId ? { runId } : undefined);
  }
}
export class RunClosedError extends AppError {
  constructor() {
    super('run-closed', 409, 'The run has ended: it takes no messages and cannot be cancelled.');
  }
}
export class MessageRefusedError extends AppError {
  constructor(reason: string) {
    super('message-refused', 422, reason);
  }
}

// --- identity -------------------------------------------------------------------------------------------------------

export class AccountSuspendedError extends AppError {
  constructor() {
    super('account-suspended', 403, 'This account, or its membership in this school, is suspended.');
  }
}
export class LoginTakenError extends AppError {
  constructor() {
    super('login-taken', 409, 'Another account uses this login.');
  }
}
export class SessionEndedError extends AppError {
  constructor() {
    super('session-ended', 401, 'This session has ended: sign in again.');
  }
}
export class BreakGlassOverError extends AppError {
  constructor() {
    super('break-glass-over', 409, 'This access has ended: open another.');
  }
}
export class InvitationInvalidError extends AppError {
  constructor() {
    super('invitation-invalid', 410, 'This invitation has expired, was used or was withdrawn.');
  }
}
export class PasswordResetInvalidError extends AppError {
  constructor() {
    super('password-reset-invalid', 410, 'This link has expired or was used: ask for a new one.');
  }
}
export class WeakPasswordError extends AppError {
  constructor(reason: string) {
    super('weak-password', 422, reason);
  }
}

// --- tenants --------------------------------------------------------------------------------------------------------

export class TenantExistsError extends AppError {
  constructor(slug: string) {
    super('tenant-exists', 409, `The name '${slug}' is taken.`, { slug });
  }
}
export class TenantSuspendedError extends AppError {
  constructor() {
    super('tenant-suspended', 403, 'This school is suspended.');
  }
}
export class TenantStateError extends AppError {
  constructor(status: string) {
    super('tenant-state', 409, `This school is ${status}: that cannot be done now.`, { tenantStatus: status });
  }
}
export class AdminUnreachableError extends AppError {
  constructor() {
    super('admin-unreachable', 422, "The mail service does not take the administrator's address.");
  }
}
export class UnknownPlanError extends AppError {
  constructor(plan: string, known: readonly string[]) {
    super('unknown-plan', 422, `There is no plan '${plan}'.`, { plan, known });
  }
}

// --- uploads and rosters --------------------------------------------------------------------------------------------

export class UploadMissingError extends AppError {
  constructor(uploadId: string) {
    super('upload-missing', 422, 'The uploaded file is not there: it expired, was used or never arrived.', { uploadId });
  }
}
export class BadArchiveError extends AppError {
  constructor(reason: string) {
    super('bad-archive', 422, `The roster is not a readable zip file: ${reason}.`, { reason });
  }
}
export class ArchiveTooLargeError extends AppError {
  constructor(what: string, limit: number) {
    super('archive-too-large', 422, `The roster exceeds a limit: ${what} (limit ${limit}).`, { what, limit });
  }
}
export class WrongEncodingError extends AppError {
  constructor(file: string, line: number) {
    super('wrong-encoding', 422, `${file} is not UTF-8 (line ${line}).`, { file, line });
  }
}
export class UnknownRosterFormatError extends AppError {
  constructor(files: readonly string[]) {
    super('unknown-roster-format', 422, 'These files are neither School Data Sync (v1, v2, v2.1) nor OneRoster 1.1 CSV.', { files });
  }
}
export class MissingColumnsError extends AppError {
  constructor(missing: readonly { file: string; columns: readonly string[] }[]) {
    super('missing-columns', 422, 'The roster lacks required columns or files.', { missing });
  }
}

export class RosterChangesOnlyError extends AppError {
  constructor(files: readonly string[]) {
    super('roster-changes-only', 422, 'This OneRoster set holds changes only: export it in bulk.', { files });
  }
}

// --- personal data --------------------------------------------------------------------------------------------------

export class KeyDestroyedError extends AppError {
  constructor(subjectId: string) {
    super('key-destroyed', 410, 'The key of this person no longer exists: their data cannot be read.', { subjectId });
  }
}
export class TenantKeyMissingError extends AppError {
  constructor(tenantId: string) {
    super('tenant-key-missing', 410, 'The key of this tenant does not exist: nothing of it can be sealed or read.', { tenantId });
  }
}
/** A key is still wrapped by an older version of its tenant's key: were that retired, it would open nothing any more. */
export class KeysLeftBehindError extends AppError {
  constructor(count: number) {
    super('keys-left-behind', 409, `${count} keys are wrapped by an older version: run the rotation again.`, { count });
  }
}
/** What is destroyed in the keyring would live on in the archive of its WAL: no shredding is complete. */
export class KeyringKeepsWalError extends AppError {
  constructor() {
    super('keyring-keeps-wal', 500, 'The keyring archives its WAL (archive_mode): destroyed keys would live on there.');
  }
}
export class VaultDeniedError extends AppError {
  constructor(operation: string) {
    super('vault-denied', 503, 'The vault refuses this service: its token is wrong, expired or too weak.', undefined, new Error(operation));
  }
}
export class UndecipherableError extends AppError {
  constructor(where: string, cause?: unknown) {
    super('undecipherable', 500, `A stored value does not open: ${where}.`, { where }, cause);
  }
}

// --- vendors --------------------------------------------------------------------------------------------------------

export class VendorRefusedError extends AppError {
  constructor(vendor: string, code: string, cause?: unknown) {
    super('vendor-refused', 502, `${vendor} refused the request (${code}).`, { vendor, vendorCode: code }, cause);
  }
}
/** The vendor is away, too busy or unclear: whether the request took effect is unknown. `retryAfterSeconds` when the vendor said so. */
export class VendorUnavailableError extends AppError {
  readonly retryAfterSeconds: number | undefined;
  constructor(vendor: string, code: string, retryAfterSeconds?: number, cause?: unknown) {
    super('vendor-unavailable', 503, `${vendor} cannot be reached right now (${code}).`, { vendor, vendorCode: code }, cause);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
/** The vendor remembers a failure under this idempotency key and will answer nothing else to it: ask again, then act under a new key. */
export class VendorKeySpentError extends AppError {
  constructor(vendor: string) {
    super('vendor-key-spent', 503, `${vendor} replays an earlier failure for this idempotency key.`, { vendor });
  }
}
