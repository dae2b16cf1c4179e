import { z } from 'zod';
import {
  certificateFormat,
  certificateKinds,
  certificateLaws,
  certificateVersion,
  type CertificateContent,
  type CertificateDocument,
  type CertificateStatement,
} from '../../domain/privacy/certificate.ts';
import { headerOf, kidOf } from './certificate-signature.ts';

/*
 * No field takes words that a person wrote: ids, words of ours, counts, times and digests, each in one narrow form. A word of ours starts
 * with a letter and has no upper case, space, @ or plus, nor as many digits in a row as a telephone number or a user id.
 */
const Id = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const word = /^(?!.*\d{6})[a-z][a-z0-9]*(?:[_.:-][a-z0-9]+)*$/;
const Word = z.string().max(60).regex(word);
const Count = z.int().min(0);
const At = z.string().regex(/^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Objects of Stripe's, by its own prefixes, so that a name with an underscore is none. */
const stripeId = /^(cus|pm|pi|ch|in|sub|seti|card|src|re|cn|txn|il|ii|prv|rjob|evt|ba|si|test_rjob)_(?=\w*\d)[A-Za-z0-9]{8,60}$/;
/** A pgBackRest label: the full backup's, and that of the one made on top of it. */
const backupLabel = /^\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?$/;
const hexadecimal = /^(?=.*[a-f])[0-9a-f]{16,128}$/;
const Ours = z.union([Id, z.string().regex(stripeId)]);
const Reference = z.union([Ours, z.string().regex(backupLabel), z.string().regex(hexadecimal)]);
/**
 * Whether a certificate may name it: an id of ours, or of an object of Stripe's that has a digit. What a vendor made up without one is left
 * out: it could be a name, and no certificate may fail for it.
 */
export const isReference = (ref: string): boolean => Ours.safeParse(ref).success;

const Counts = z.record(Word, Count);
const many = <T extends z.ZodType>(item: T) => z.array(item).max(1_000);

const Place = z.strictObject({
  place: Word,
  controlledBy: z.enum(['platform', 'vendor']),
  before: Counts,
  receipts: many(z.strictObject({ at: At, erased: Counts, references: many(Reference) })),
  residual: Counts,
  retained: many(z.strictObject({ what: Word, count: Count, basis: Word })),
});

const statement = {
  subjectId: Id,
  law: z.enum(certificateLaws),
  receivedAt: At,
  completedAt: At,
  places: many(Place).min(1),
  checks: many(z.strictObject({ check: Word, at: At, count: Count, passed: z.boolean() })).min(1),
  keyDestruction: z.strictObject({
    outcome: z.enum(['destroyed', 'destroyed-before', 'never-made']),
    at: At,
    rounds: Count,
    bytesSearched: Count,
    found: Count,
  }),
  keyringBackups: many(z.strictObject({ backup: Reference, expiresAt: At, gone: z.boolean() })),
  tombstones: many(z.strictObject({ place: Word, reference: Reference, until: At, gone: z.boolean() })),
};

const nullable = Id.nullable();
const Action = z.string().max(80).regex(word);
const AuditEntry = z.strictObject({
  seq: Count.min(1),
  id: Id,
  at: At,
  actorId: nullable,
  onBehalfOf: nullable,
  action: Action,
  objectType: Action,
  objectId: nullable,
  requestId: nullable,
  runId: nullable,
  beforeDigest: Digest.nullable(),
  afterDigest: Digest.nullable(),
  previousHash: z.union([z.literal(''), Digest]),
  hash: Digest,
});

export const certificateStatement = z.strictObject(statement) satisfies z.ZodType<CertificateStatement>;

export const certificateContent = z.strictObject({
  format: z.literal(certificateFormat),
  version: z.literal(certificateVersion),
  id: Id,
  kind: z.enum(certificateKinds),
  tenantId: Id,
  requestId: Id,
  issuedAt: At,
  ...statement,
  audit: z.strictObject({
    head: z.strictObject({ seq: Count, hash: z.union([z.literal(''), Digest]) }),
    entries: many(AuditEntry),
    left: Count,
  }),
  software: z.strictObject({
    name: z.literal('toolboxai'),
    version: z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}(-[a-z]{1,10}\.?\d{0,4})?$/),
  }),
}) satisfies z.ZodType<CertificateContent>;

export const certificateDocument = z.strictObject({
  content: certificateContent,
  protected: z.string().refine((header) => header === headerOf(kidOf({ protected: header }) ?? '')),
  signature: z.string().regex(/^[\w-]{86}$/),
}) satisfies z.ZodType<CertificateDocument>;

const known = new Set(Object.keys({ ...certificateDocument.shape, ...certificateContent.shape, ...Place.shape }));

/** Where a value is not of its form, without a word of the value: keys of counts are its words, too. */
export function formProblems({ issues }: z.ZodError): string[] {
  const shown = (part: PropertyKey): string => (typeof part === 'number' || known.has(String(part)) ? String(part) : '*');
  const where = issues.map(({ path }) => path.map(shown).join('.') || 'the whole');
  return [...new Set(where)].map((path) => `${path} is not of the form that certificates take`);
}
