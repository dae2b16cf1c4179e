/** What a certificate may be about. A later kind is a word more here. */
export const certificateKinds = ['erasure', 'erasure-final'] as const;
export type CertificateKind = (typeof certificateKinds)[number];

export const certificateLaws = ['gdpr', 'uk-gdpr', 'cpra', 'coppa', 'ferpa', 'lgpd'] as const;
export type CertificateLaw = (typeof certificateLaws)[number];

export const certificateFormat = 'toolbox-certificate';
/** Of the content's form. A new one is added beside the old: certificates are checked for years. */
export const certificateVersion = 1;

/** Several hosts' clocks tell the times of one request: so far they may be apart without being out of order. */
export const certificateClockSkewMs = 60_000;

/** By table, bucket, kind of object: keys are words of ours (lower case, digits, `_.:-`), never what somebody wrote. */
export type CertificateCounts = Readonly<Record<string, number>>;

/**
 * What a place answered when it was erased. `references`: ids of ours (UUIDs), of Stripe's objects, of backups, digests; never a vendor's
 * user id or an address.
 */
export interface CertificateReceipt {
  readonly at: string;
  readonly erased: CertificateCounts;
  readonly references: readonly string[];
}

/** What a law makes us keep: how many, and by which rule, in a word (`tax-records`). It opens to nobody once the key is gone. */
export interface CertificateRetained {
  readonly what: string;
  readonly count: number;
  readonly basis: string;
}

/** A place that was searched. `before` and `residual` come from the same search, so they have the same keys. */
export interface CertifiedPlace {
  readonly place: string;
  readonly controlledBy: 'platform' | 'vendor';
  readonly before: CertificateCounts;
  readonly receipts: readonly CertificateReceipt[];
  readonly residual: CertificateCounts;
  readonly retained: readonly CertificateRetained[];
}

/** Something that was looked at in the end, and held. `count`: how many things were looked at. */
export interface CertifiedCheck {
  readonly check: string;
  readonly at: string;
  readonly count: number;
  readonly passed: boolean;
}

/** How the key of the person ended. `found`: copies of the wrapped key in live files after the last round. */
export interface CertifiedKeyDestruction {
  readonly outcome: 'destroyed' | 'destroyed-before' | 'never-made';
  readonly at: string;
  readonly rounds: number;
  readonly bytesSearched: number;
  readonly found: number;
}

/** A keyring backup that still held the wrapped key when it was destroyed. */
export interface AwaitedBackup {
  readonly backup: string;
  readonly expiresAt: string;
  readonly gone: boolean;
}
/** What a vendor keeps for a while after it has erased. */
export interface AwaitedTombstone {
  readonly place: string;
  readonly reference: string;
  readonly until: string;
  readonly gone: boolean;
}

/** What a process says when it asks for a certificate: plain data, times in RFC 3339 UTC with milliseconds, no personal data. */
export interface CertificateStatement {
  /** The person, by id. Their name is nowhere: their key is gone. */
  readonly subjectId: string;
  readonly law: CertificateLaw;
  readonly receivedAt: string;
  readonly completedAt: string;
  readonly places: readonly CertifiedPlace[];
  readonly checks: readonly CertifiedCheck[];
  readonly keyDestruction: CertifiedKeyDestruction;
  readonly keyringBackups: readonly AwaitedBackup[];
  readonly tombstones: readonly AwaitedTombstone[];
}

/** An entry of the audit log, with all that its hash is made from. Hashes and digests are SHA-256, hexadecimal. */
export interface CertifiedAuditEntry {
  readonly seq: number;
  readonly id: string;
  readonly at: string;
  readonly actorId: string | null;
  readonly onBehalfOf: string | null;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string | null;
  readonly requestId: string | null;
  readonly runId: string | null;
  readonly beforeDigest: string | null;
  readonly afterDigest: string | null;
  readonly previousHash: string;
  readonly hash: string;
}

/**
 * The tenant's log when the certificate was issued: its head, and the entries about the request, oldest first. Each recomputes by itself;
 * entries between them are others' business, and are held against the live log. `left`: entries about it that are not listed, being too many.
 */
export interface CertifiedAudit {
  readonly head: { readonly seq: number; readonly hash: string };
  readonly entries: readonly CertifiedAuditEntry[];
  readonly left: number;
}

/** What is signed. */
export interface CertificateContent extends CertificateStatement {
  readonly format: typeof certificateFormat;
  readonly version: typeof certificateVersion;
  readonly id: string;
  readonly kind: CertificateKind;
  readonly tenantId: string;
  readonly requestId: string;
  readonly issuedAt: string;
  readonly audit: CertifiedAudit;
  readonly software: { readonly name: string; readonly version: string };
}

/** A certificate as it is handed out: a flattened JWS (RFC 7515) whose payload, the canonical JSON of `content` (RFC 8785), stands there in clear. */
export interface CertificateDocument {
  readonly content: CertificateContent;
  /** The JWS header, base64url: `{"alg":"EdDSA","kid":"certificates-1"}`. */
  readonly protected: string;
  readonly signature: string;
}
