import type { Knex } from 'knex';
import { deadlineOf, type Law } from '../../domain/privacy/deadline.ts';
import { defaultPrivacyPolicy, type PrivacyPolicy, type Requester } from '../../domain/privacy/request.ts';
import { actorOf, type RunContext } from '../../domain/run.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import { PrivacyPolicyRow, PrivacyRequest } from '../models/privacy-request.ts';
import type { Subject } from './subject.ts';

export interface NewRequest {
  readonly run: RunContext;
  readonly kind: 'erase' | 'export' | 'rectify' | 'restrict';
  readonly personId: string;
  readonly accountId?: string | undefined;
  readonly law?: Law | undefined;
  readonly requestedBy: Requester;
  /** RFC 3339. */
  readonly receivedAt: string;
}

/** How the school wants requests handled. */
export const policyOf = async (trx: Knex.Transaction, tenantId: string): Promise<PrivacyPolicy> => {
  const row = await PrivacyPolicyRow.query(trx).findById(tenantId);
  if (!row) return defaultPrivacyPolicy;
  const { needs_approval: needsApproval, needs_confirmation: needsConfirmation, cooling_off_days: coolingOffDays, law } = row;
  return { needsApproval, needsConfirmation, coolingOffDays, law };
};

/** Writes a request down; a repeat finds the row of the first. */
export const openRequest = (main: Knex, asked: NewRequest): Promise<{ request: PrivacyRequest; policy: PrivacyPolicy }> =>
  inTenant(main, asked.run.tenantId, async (trx) => {
    const { run, kind, personId, accountId, requestedBy, receivedAt } = asked;
    const policy = await policyOf(trx, run.tenantId);
    const law = asked.law ?? policy.law;
    const { dueAt, escalateAt } = deadlineOf(law, Date.parse(receivedAt));
    const row = {
      id: run.runId,
      tenant_id: run.tenantId,
      kind,
      subject_id: personId,
      account_id: accountId ?? null,
      law,
      requested_by: requestedBy,
      entered_by: run.startedBy,
      status: 'open',
      received_at: new Date(receivedAt),
      due_at: new Date(dueAt),
      escalate_at: new Date(escalateAt),
    };
    const made: unknown[] = await trx('privacy_requests').insert(row).onConflict(['tenant_id', 'id']).ignore().returning('id');
    const request = await PrivacyRequest.query(trx).findById([run.tenantId, run.runId]).throwIfNotFound();
    if (made.length > 0)
      await audit(trx, {
        ...about(run),
        actorId: actorOf(run),
        action: `privacy.${kind}`,
        objectType: 'person',
        objectId: personId,
        after: row,
      });
    return { request, policy };
  });

/** Whether an earlier request about the person came to its end. */
export const wasErased = (main: Knex, { tenantId, personId }: Subject): Promise<boolean> =>
  inTenant(main, tenantId, async (trx) => {
    const ended = PrivacyRequest.query(trx).where({ tenant_id: tenantId, subject_id: personId, kind: 'erase' });
    return (await ended.whereIn('status', ['erased', 'final']).resultSize()) > 0;
  });

const about = ({ tenantId, requestId, runId }: RunContext) => ({ tenantId, requestId, runId });

/** Columns that a run moves; times as RFC 3339, for they come out of payloads. */
export type RequestColumns = {
  readonly [K in Moved]?: PrivacyRequest[K] extends Date | null ? string | null : PrivacyRequest[K];
};
type Moved = Exclude<
  keyof PrivacyRequest,
  'id' | 'tenant_id' | 'kind' | 'subject_id' | `$${string}` | 'created_at' | 'updated_at' | 'version'
>;

export interface Move {
  readonly run: RunContext;
  /** A word of ours for the audit log: `privacy.<what>`. */
  readonly what: string;
  /** The account that did it; null for the run itself. */
  readonly by: string | null;
  readonly to: RequestColumns;
}
const plain = (value: unknown): string => JSON.stringify(value ?? null);

/** Writes down where a request stands, and who brought it there. A repeat changes nothing and is not recorded again. */
export const moveRequest = (main: Knex, { run, what, by, to }: Move): Promise<void> =>
  inTenant(main, run.tenantId, async (trx) => {
    const before = await PrivacyRequest.query(trx).findById([run.tenantId, run.runId]).forUpdate().throwIfNotFound();
    const entries = Object.entries(to) as [keyof PrivacyRequest, unknown][];
    if (entries.every(([column, value]) => sameJson(before[column], value))) return;
    const columns = entries.map(([column, value]) => [column, isDocument(value) ? JSON.stringify(value) : value]);
    await trx('privacy_requests').where({ tenant_id: run.tenantId, id: run.runId }).update(Object.fromEntries(columns));
    const entry = { ...about(run), actorId: by, action: `privacy.${what}`, objectType: 'privacy-request', objectId: run.runId };
    await audit(trx, { ...entry, before: { status: before.status }, after: to });
  });

const isDocument = (value: unknown): boolean => typeof value === 'object' && value !== null && !(value instanceof Date);
/** As JSON, keys in any order: the database sorts those of a document. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a instanceof Date) return typeof b === 'string' && a.getTime() === Date.parse(b);
  if (!isDocument(a) || !isDocument(b)) return plain(a) === plain(b);
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => sameJson(one[key], other[key]));
}
