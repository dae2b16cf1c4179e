import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { piiTypes } from '../domain/pii.ts';
import { platformTenantId } from '../domain/roles.ts';
import { type AuditRow, linkHash, shownEntry } from './audit-chain.ts';
import { inTenant } from './database.ts';
import { newId } from './ids.ts';
import { loadModels } from './models/all.ts';
import type { AuditHead } from './models/audit-entry.ts';
import { runStatement, type Statement } from './transaction.ts';

/** Who did what, to what, on whose behalf. Ids and words of ours only. `before` and `after` are rows: only their digests are kept. */
export interface AuditRecord {
  readonly tenantId: string;
  /** The account that acted; null for the platform itself (a schedule, the set-up). */
  readonly actorId: string | null;
  readonly onBehalfOf?: string | null;
  /** A word of ours, such as `tenant.suspend`: lower-case letters, digits and `_.:-`. */
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string | null;
  readonly requestId?: string | null;
  readonly runId?: string | null;
  readonly before?: object | null;
  readonly after?: object | null;
}

const declared = (await loadModels()).flatMap(({ pii }) => Object.keys(pii ?? {}));
const personal: ReadonlySet<string> = new Set([...piiTypes, ...declared]);

/** JSON with one form a value: keys sorted, dates in RFC 3339; without personal columns and without bytes at any depth. */
function canonical(value: unknown): string | undefined {
  if (value instanceof Date) return JSON.stringify(value);
  if (ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item) ?? 'null').join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const parts = Object.entries(value)
    .filter(([key]) => !personal.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, item]) => {
      const text = canonical(item);
      return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
    });
  return `{${parts.join(',')}}`;
}

/**
 * SHA-256 of what a row held beside personal data: a digest of a name or a birthday could be guessed. The object's id is part of it,
 * so that equal rows of two objects do not show as equal.
 */
export function digestOf(
  { tenantId, objectType, objectId }: Pick<AuditRecord, 'tenantId' | 'objectType' | 'objectId'>,
  row: object,
): Buffer {
  const text = canonical({ tenantId, objectType, objectId, row });
  return createHash('sha256').update(String(text)).digest();
}

// As one JSON value, so that one plan does for any number of entries.
const insertSql = `
  insert into audit_log (id, tenant_id, actor_id, on_behalf_of, action, object_type, object_id, request_id, run_id, before_digest, after_digest)
  select id, tenant_id, actor_id, on_behalf_of, action, object_type, object_id, request_id, run_id, decode(before, 'hex'), decode(after, 'hex')
  from jsonb_to_recordset($1::jsonb) as entry (id uuid, tenant_id uuid, actor_id uuid, on_behalf_of uuid, action text, object_type text,
    object_id uuid, request_id uuid, run_id uuid, before text, after text)`;

/** The statement that records acts of one tenant, in this order: see audit. */
export function auditStatement(records: readonly AuditRecord[]): Statement {
  const entries = records.map((record) => ({
    id: newId(),
    tenant_id: record.tenantId,
    actor_id: record.actorId,
    on_behalf_of: record.onBehalfOf,
    action: record.action,
    object_type: record.objectType,
    object_id: record.objectId,
    request_id: record.requestId,
    run_id: record.runId,
    before: record.before && digestOf(record, record.before).toString('hex'),
    after: record.after && digestOf(record, record.after).toString('hex'),
  }));
  return { text: insertSql, values: [JSON.stringify(entries)], name: 'audit' };
}

/**
 * Records an act in the caller's transaction, which must be in the tenant's scope; the database links the chain. Entries of a tenant
 * queue up until the transaction ends: record last, and a bulk operation once.
 */
export async function audit(trx: Knex.Transaction, record: AuditRecord): Promise<void> {
  await runStatement(trx, auditStatement([record]));
}

/** As `audit`, unless this run has recorded the same act before: for an activity that is tried again. */
export async function auditOnce(trx: Knex.Transaction, record: AuditRecord & { readonly runId: string }): Promise<void> {
  const { tenantId: tenant_id, runId: run_id, action } = record;
  if (!(await trx('audit_log').where({ tenant_id, run_id, action }).first('seq'))) await audit(trx, record);
}

/**
 * Records an act on a school in its own log and, in the same transaction, in the platform's: on behalf of the school, of an object the
 * platform knows. The scope is the school's again afterwards.
 */
export async function auditInBoth(
  trx: Knex.Transaction,
  record: AuditRecord,
  known: Pick<AuditRecord, 'objectType' | 'objectId'>,
): Promise<void> {
  const scopeTo = (tenantId: string): Promise<unknown> => trx.raw(`select set_config('app.tenant_id', ?, true)`, [tenantId]);
  await audit(trx, record);
  await scopeTo(platformTenantId);
  await audit(trx, { ...record, ...known, tenantId: platformTenantId, onBehalfOf: record.tenantId });
  await scopeTo(record.tenantId);
}

/** The outcome of recomputing a chain. `headHash` (hex) stands for every entry up to it: whoever noted it earlier can compare. */
export interface ChainProof {
  readonly intact: boolean;
  readonly entries: number;
  readonly headHash: string;
  /** Number of the first entry that is missing or does not match. */
  readonly brokenAt?: number;
  /** Number of the first entry that is not what was noted of it earlier, or is not there any more. The chain may be intact: it was made anew. */
  readonly notAsNoted?: number;
}

const pageSize = 5_000;
export interface VerifyOptions {
  /** What is known of entries from elsewhere: their hashes (hex) by number. */
  readonly noted?: ReadonlyMap<number, string> | undefined;
  /** Told the number of each entry that closes a page. */
  readonly onPage?: ((seq: number) => void) | undefined;
}

/** Recomputes a tenant's chain from its first entry to its head, reading as the given role, in pages. */
export async function verifyChain(database: Knex, tenantId: string, { noted, onPage }: VerifyOptions = {}): Promise<ChainProof> {
  return await inTenant(database, tenantId, async (trx) => {
    const head = await trx<AuditHead>('audit_heads').where({ tenant_id: tenantId }).first();
    const last = head?.seq ?? 0;
    const walk = { seq: 0, hash: '' };
    const differing = new Set(noted?.keys());
    const proof = (intact: boolean): ChainProof => {
      // What lies behind a break was not read.
      const found = [...differing].filter((seq) => intact || seq <= walk.seq);
      return {
        intact,
        entries: walk.seq,
        headHash: walk.hash,
        ...(intact ? {} : { brokenAt: walk.seq + 1 }),
        ...(found.length > 0 ? { notAsNoted: Math.min(...found) } : {}),
      };
    };
    for (;;) {
      const rows = (await trx('audit_log')
        .where({ tenant_id: tenantId })
        .where('seq', '>', walk.seq)
        .where('seq', '<=', last)
        .orderBy('seq')
        .limit(pageSize)) as AuditRow[];
      for (const entry of rows.map(shownEntry)) {
        const { seq, previousHash, hash } = entry;
        if (seq !== walk.seq + 1 || previousHash !== walk.hash || hash !== linkHash(tenantId, entry, walk.hash)) return proof(false);
        Object.assign(walk, { seq, hash });
        if (noted?.get(seq) === hash) differing.delete(seq);
      }
      onPage?.(walk.seq);
      if (rows.length < pageSize) break;
    }
    const whole = walk.seq === last && (!head || head.hash.toString('hex') === walk.hash);
    return proof(whole && !(await hasUnlinked(trx, tenantId)));
  });
}

/** Rows past the head were not linked by the database. One statement sees one moment: a writer's row comes with its head. */
async function hasUnlinked(trx: Knex.Transaction, tenantId: string): Promise<boolean> {
  const head = trx('audit_heads').where({ tenant_id: tenantId }).select('seq');
  return (
    (await trx('audit_log')
      .where('seq', '>', trx.raw('coalesce((?), 0)', [head]))
      .first('seq')) !== undefined
  );
}
