import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { z } from 'zod';
import { IdempotencyConflictError } from '../../domain/errors.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { IdempotencyKey } from '../../platform/models/run.ts';

/** Request header: the client's own name for a request it may have to repeat. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Names this request: a repeat with the same key and body gets the same answer, for 24 hours'),
});
const validUntil = `now() + interval '24 hours'`;

/** What is kept of a key and of the request it came with. */
export interface RequestDigest {
  readonly key: Buffer;
  readonly request: Buffer;
}

const plainDigest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with one form a value, whatever the order its fields came in. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, of]) => of !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`)
    .join(',')}}`;
}

/** Keyed by the tenant's own index key: a mere hash of a body with a name and a birthday in it could be guessed. */
export async function digestRequest(
  keyring: Pick<Keyring, 'blindIndex'>,
  tenantId: string,
  key: string,
  request: unknown,
): Promise<RequestDigest> {
  const index = await keyring.blindIndex(tenantId);
  return { key: index.hmac('request', plainDigest(key)), request: index.hmac('request', plainDigest(canonical(request))) };
}

/** The run an earlier request under the key was answered with. Throws IdempotencyConflictError when that was another request. */
export async function runOfKey(trx: Knex.Transaction, tenantId: string, digest: RequestDigest): Promise<string | undefined> {
  const known = await IdempotencyKey.query(trx).findById([tenantId, digest.key]).where('expires_at', '>', trx.fn.now());
  if (!known) return undefined;
  if (!known.request_digest.equals(digest.request)) throw new IdempotencyConflictError();
  return known.run_id;
}

/** A request's key and the run it is for. */
export interface KeyTaker {
  readonly digest: RequestDigest;
  readonly runId: string;
}

/**
 * Takes keys for runs. Answers the runs that got theirs: not those of which another took it first (and has committed), here or in
 * another transaction. Expired keys of the tenant go on the way.
 */
export async function takeKeys(trx: Knex.Transaction, tenantId: string, takers: readonly KeyTaker[]): Promise<ReadonlySet<string>> {
  await IdempotencyKey.query(trx).delete().where({ tenant_id: tenantId }).where('expires_at', '<=', trx.fn.now());
  const rows = takers.map(({ digest: { key, request }, runId }) => ({
    tenant_id: tenantId,
    key_digest: key,
    request_digest: request,
    run_id: runId,
    expires_at: trx.raw(validUntil),
  }));
  const taken: { run_id: string }[] = await trx('idempotency_keys')
    // In one order for all: two that take several of the same keys wait for each other one way only.
    .insert(rows.sort((one, other) => one.key_digest.compare(other.key_digest)))
    .onConflict(['tenant_id', 'key_digest'])
    .ignore()
    .returning('run_id');
  return new Set(taken.map(({ run_id }) => run_id));
}

/** Gives the key of a run that never was to whoever asks next. */
export async function releaseKeyOf(trx: Knex.Transaction, tenantId: string, runId: string): Promise<void> {
  await IdempotencyKey.query(trx).delete().where({ tenant_id: tenantId, run_id: runId });
}

/** Points the key at the run that the request was answered with after all. */
export async function pointKeyAt(trx: Knex.Transaction, tenantId: string, runId: string, other: string): Promise<void> {
  await IdempotencyKey.query(trx).patch({ run_id: other }).where({ tenant_id: tenantId, run_id: runId });
}
