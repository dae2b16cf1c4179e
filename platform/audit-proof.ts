import type { Knex } from 'knex';
import type { CertificateContent } from '../domain/privacy/certificate.ts';
import { platformTenantId } from '../domain/roles.ts';
import { type ChainProof, verifyChain, type VerifyOptions } from './audit.ts';
import { inPlatform, inTenant } from './database.ts';

/** Hashes of entries by their number, as they were noted outside the log. */
export type Noted = ReadonlyMap<number, string>;

/** What a certificate says of its tenant's log. */
export function notedIn({ audit: { head, entries } }: CertificateContent): Noted {
  const links = [...entries, ...(head.seq > 0 ? [head] : [])];
  return new Map(links.map(({ seq, hash }) => [seq, hash]));
}

/**
 * Every tenant there may be a log of, in order of their ids: those with a head, those in the registry, and those the platform's own log names,
 * which may be gone with all that was theirs.
 */
export async function listChains(database: Knex): Promise<readonly string[]> {
  return await inPlatform(database, async (trx) => {
    const { rows } = await trx.raw<{ rows: { id: string }[] }>(
      `select tenant_id as id from audit_heads union select id from tenants
       union select object_id from audit_log where tenant_id = ? and object_type = 'tenant' and object_id is not null order by id`,
      [platformTenantId],
    );
    return rows.map(({ id }) => id);
  });
}

export interface ProveOptions extends Pick<VerifyOptions, 'onPage'> {
  /** Of certificates that somebody else has kept. */
  readonly noted?: Noted | undefined;
}

/** Recomputes a tenant's chain and holds it against its kept certificates, and against what was noted elsewhere. Reads only. */
export async function proveChain(database: Knex, tenantId: string, { noted, onPage }: ProveOptions = {}): Promise<ChainProof> {
  const heads = await inTenant(database, tenantId, async (trx) => {
    const { rows } = await trx.raw<{ rows: { seq: number; hash: string }[] }>(
      `select (document #>> '{content,audit,head,seq}')::bigint as seq, document #>> '{content,audit,head,hash}' as hash
       from certificates where tenant_id = ? order by 1`,
      [tenantId],
    );
    return rows.filter(({ seq }) => seq > 0).map(({ seq, hash }) => [seq, hash] as const);
  });
  return await verifyChain(database, tenantId, { noted: new Map([...heads, ...(noted ?? [])]), onPage });
}
