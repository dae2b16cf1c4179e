import { type PiiType, piiTypes } from '../../domain/pii.ts';
import { type DeclaredModel, loadModels } from '../models/all.ts';

/** How a place that holds something of people is handled. */
export interface Handling {
  /** By what the person's part of it is found. */
  readonly searched: string;
  readonly exported: string;
  readonly erased: string;
}
export interface Empty {
  /** Why it holds nothing of anybody. */
  readonly none: string;
}

const byPerson = 'by the id of the person';
const byAccount = 'by the account, when it ends with the person';
const inExport = 'with the person’s record';
const deleted = 'rows deleted';

/**
 * Every table of both clusters, in the words of the platform. One that is missing here fails test/platform/privacy/map.test.ts. What kinds of data
 * it may hold is not said here: the models' `pii` says it.
 */
export const tables = {
  people: { searched: byPerson, exported: inExport, erased: 'the row becomes a tombstone: sealed columns, roles, grade and locale gone' },
  enrollments: { searched: byPerson, exported: inExport, erased: deleted },
  guardianships: {
    searched: 'by the ids of guardian and child; how to reach the guardian, in the rows of their children, opened',
    exported: inExport,
    erased: `${deleted}; a contact that names the guardian cleared in a child’s row`,
  },
  invitations: { searched: byPerson, exported: inExport, erased: deleted },
  memberships: { searched: byPerson, exported: inExport, erased: `${deleted}; sign-ins end at once` },
  sessions: { searched: 'by the memberships of the person', exported: inExport, erased: deleted },
  refresh_tokens: { searched: 'by the sessions of the person', exported: 'not: digests only', erased: deleted },
  accounts: { searched: byAccount, exported: inExport, erased: 'the row becomes a tombstone: login and password gone' },
  account_mfa: { searched: byAccount, exported: 'not: a secret, and digests', erased: deleted },
  sealed_inputs: {
    searched: 'all of ended runs, of the school and of the platform, that came by the time of the request',
    exported: 'not: what was entered is in the records it made',
    erased: 'rows and their keys deleted; those of open runs are waited for',
  },
  uploads: {
    searched: 'all files of the school that came by the time of the request',
    exported: 'not: what they say of the person is in the records they made',
    erased: 'files, their keys and unfinished parts deleted; those an open run reads are waited for',
  },
  break_glass_accesses: {
    searched: 'reasons that name the person, opened',
    exported: 'not: written by platform staff about their own access',
    erased: 'the reason and its key; that there was an access stays',
  },
  subject_keys: {
    searched: 'by the ids of person and account',
    exported: 'not: keys',
    erased: 'destroyed: nothing sealed under them opens again',
  },
  blind_indexes: { searched: 'by the ids of person and account', exported: 'not: keyed digests', erased: 'destroyed with the keys' },
  privacy_holds: {
    searched: 'by the request',
    exported: 'not: why the law kept a request from being done',
    erased: 'the reason and its key, when the request is done; that there was a hold stays',
  },
  privacy_exports: {
    searched: byPerson,
    exported: 'not: what is in it is in the next one',
    erased: 'the sealed file and its passphrase; that there was a package stays',
  },
  consents: { none: 'ids, words of ours and digests of published texts: kept as evidence of what was allowed' },
  certificates: { none: 'ids, counts, times and digests: what was proved' },
  keyring_backups: { none: 'when a backup was taken, how large it is, and when it goes' },
  roblox_erasure_requests: {
    searched: 'by a keyed digest of the player',
    exported: 'not: what Roblox asked of us',
    erased: 'the number and its key, when the request is settled; its digest stays, so that it is not taken twice',
  },
  roblox_index_marks: { none: 'how far a school’s players were put into the index' },
  key_generation: { none: 'how often keys were destroyed' },
  key_shreddings: { none: 'when the keyring’s files were written anew' },
  privacy_requests: { none: 'ids, codes, counts and times: what was asked and done' },
  privacy_receipts: { none: 'counts, and ids of ours or the vendor’s' },
  privacy_policies: { none: 'settings of a school' },
  erased_subjects: { none: 'ids of people who were erased, so that no backup brings them back' },
  tenants: { none: 'the registry of schools' },
  tenant_settings: { none: 'settings of a school' },
  classes: { none: 'courses, by the school’s own ids' },
  org_units: { none: 'parts of a school' },
  roster_imports: { none: 'counts, and where the report lies' },
  runs: { none: 'ids, steps in words of ours, results without personal data' },
  idempotency_keys: { none: 'keyed digests' },
  effects: { none: 'ids, and the vendors’ ids' },
  invoices: { none: 'what a school owes: kept by law, under the school’s id' },
  payments: { none: 'money and codes; cards by Stripe’s fingerprint' },
  subscriptions: { none: 'what a school ordered' },
  dunning_policies: { none: 'settings of a school' },
  webhook_events: { none: 'names of things at vendors' },
  audit_log: { none: 'ids, words of ours and digests without personal columns; append-only' },
  audit_heads: { none: 'digests' },
  index_keys: { none: 'a key of the school' },
  payload_keys: { none: 'keys of the school' },
} as const satisfies Readonly<Record<string, Handling | Empty>>;

const named: readonly PiiType[] = ['name', 'email', 'phone', 'address', 'billing_identity'];
/** All that is no table. */
export const systems = {
  uploads_bucket: {
    holds: piiTypes,
    searched: 'by the rows of `uploads`: a file is sealed under a key of its own',
    exported: 'not: see uploads',
    erased: 'with the rows of `uploads`',
  },
  exports_bucket: {
    holds: piiTypes,
    searched: 'by the rows of `privacy_exports`: a file is sealed before it is stored',
    exported: 'not: see privacy_exports',
    erased: 'with the rows of `privacy_exports`',
  },
  reports_bucket: { none: 'reports of imports say file, line and reason in words of ours' },
  redis: {
    holds: ['email', 'ip_address'],
    searched: 'by the account and a pseudonym of the login',
    exported: 'not: counters that end within an hour',
    erased: 'deleted; ids of ended tokens lead to nobody and end within a quarter of an hour',
  },
  temporal: {
    holds: [],
    searched: 'histories opened and searched by all that is known of the person: there must be nothing',
    exported: 'not: ids only',
    erased: 'an execution that names the person is deleted once it has ended',
  },
  stripe: {
    holds: named,
    searched: 'fields of the school’s customer and cards that equal a value of the person',
    exported: inExport,
    erased: 'fields cleared, a customer of their own deleted; invoices stay, under the school’s id',
  },
  sendgrid: {
    holds: ['email', 'name'],
    searched: 'by address, and afterwards by the ids of messages',
    exported: inExport,
    erased: 'an erasure job; the address’s keyed digest keeps it from being written to again',
  },
  pusher: { none: 'hints without personal data, kept by nobody' },
  roblox: {
    holds: ['roblox_user_id'],
    searched: 'entries of data stores by user id, and afterwards by its keyed digest',
    exported: inExport,
    erased: 'entries written over and deleted; Roblox keeps their older revisions for 30 days: only then the erasure is final',
  },
  logs: { none: 'declared fields only: ids, codes and durations; of foreign errors no message' },
  backups_main: {
    holds: piiTypes,
    searched: 'not: sealed, and the keys are not in it',
    exported: 'not: copies',
    erased: 'opens no more once the keys are destroyed; a restored one is held against erased_subjects',
  },
  backups_keyring: {
    holds: [],
    searched: 'by the time of the last one that may hold the keys',
    exported: 'not: keys',
    erased: 'waited for until the last has expired: then the erasure is final',
  },
} as const satisfies Readonly<Record<string, (Handling & { readonly holds: readonly PiiType[] }) | Empty>>;

export type TablePlace = keyof typeof tables;
export type PlaceName = TablePlace | keyof typeof systems;

/** Which kinds a table may hold, by its model. */
export async function kindsByTable(): Promise<ReadonlyMap<string, readonly PiiType[]>> {
  const kindsOf = ({ pii = {} }: DeclaredModel): PiiType[] => {
    const kinds = new Set(Object.values(pii));
    return piiTypes.filter((kind) => kinds.has(kind) || kinds.has('sealed_document'));
  };
  return new Map((await loadModels()).map((model) => [model.tableName, kindsOf(model)]));
}
