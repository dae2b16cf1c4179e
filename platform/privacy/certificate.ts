import type { Knex } from 'knex';
import { CertificateRefusedError } from '../../domain/certificate-errors.ts';
import {
  certificateFormat,
  certificateVersion,
  type CertificateContent,
  type CertificateDocument,
  type CertificateKind,
  type CertificateStatement,
  type CertifiedAudit,
} from '../../domain/privacy/certificate.ts';
import { actorOf, type RunContext } from '../../domain/run.ts';
import { audit } from '../audit.ts';
import { shownEntry } from '../audit-chain.ts';
import { inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import { AuditEntry, AuditHead } from '../models/audit-entry.ts';
import { Certificate } from '../models/certificate.ts';
import { readSoftware } from '../software.ts';
import type { Vault } from '../vault.ts';
import { checkContent, checkStatement, type Finding } from './certificate-facts.ts';
import { certificateContent, certificateStatement, formProblems } from './certificate-schema.ts';
import { signContent } from './certificate-signature.ts';

export interface CertificateDeps {
  /** The main cluster. */
  readonly knex: Knex;
  readonly vault: Pick<Vault, 'signCertificate' | 'certificateKeys'>;
  readonly clock?: () => Date;
}
export interface CertificateRequest {
  readonly tenantId: string;
  /** What is certified: the row of `privacy_requests`. */
  readonly requestId: string;
  readonly kind: CertificateKind;
  readonly content: CertificateStatement;
  /** The run that asks, for the audit log: its entries are about the request, too. */
  readonly run?: RunContext | undefined;
}

/** Entries about one request that a certificate lists; a run has a few dozen. */
const entriesListed = 500;

/**
 * Signs a statement, keeps the certificate and answers it. One a request and kind: a repeat answers the first, whatever it states, so it may
 * be killed and tried again at any moment. Errors: CertificateRefusedError when the statement does not hang together or has a field that is
 * none of our ids, words, counts, times and digests; UnavailableError when database or vault is away.
 */
export async function issueCertificate(deps: CertificateDeps, request: CertificateRequest): Promise<CertificateDocument> {
  const { tenantId, requestId, kind, run } = request;
  const of = { tenant_id: tenantId, request_id: requestId, kind };
  const [kept, log] = await inTenant(deps.knex, tenantId, async (trx) => [
    await Certificate.query(trx).findOne(of),
    await auditPart(trx, request),
  ]);
  if (kept) return kept.document;
  const content = contentOf(deps, request, log);
  const version = await newestVersion(deps.vault);
  const document = await signContent(deps.vault, content, version);
  return await inTenant(deps.knex, tenantId, async (trx) => {
    const row = { ...of, id: content.id, document, key_version: version, issued_at: new Date(content.issuedAt) };
    // Of two that were made at once the first stays; nobody has seen the other.
    const made = await trx('certificates')
      .insert({ ...row, document: JSON.stringify(document) })
      .onConflict(['tenant_id', 'request_id', 'kind'])
      .ignore()
      .returning('id');
    if (made.length === 0) return (await Certificate.query(trx).findOne(of).throwIfNotFound()).document;
    const acts = run ? { actorId: actorOf(run), runId: run.runId, requestId: run.requestId } : { actorId: null };
    await audit(trx, {
      tenantId,
      action: 'certificate.issue',
      objectType: 'certificate',
      objectId: content.id,
      after: { requestId, kind },
      ...acts,
    });
    return document;
  });
}

function contentOf({ clock = () => new Date() }: CertificateDeps, request: CertificateRequest, log: CertifiedAudit): CertificateContent {
  const { tenantId, requestId, kind } = request;
  const stated = certificateStatement.safeParse(request.content);
  if (!stated.success) throw new CertificateRefusedError(formProblems(stated.error));
  refuseProblems(checkStatement({ ...stated.data, kind }));
  // Of two clocks the later: nothing is certified before it is so.
  const issuedAt = new Date(Math.max(clock().getTime(), Date.parse(stated.data.completedAt))).toISOString();
  const made = certificateContent.safeParse({
    format: certificateFormat,
    version: certificateVersion,
    id: newId(),
    kind,
    tenantId,
    requestId,
    issuedAt,
    ...stated.data,
    audit: log,
    software: readSoftware(),
  });
  if (!made.success) throw new CertificateRefusedError(formProblems(made.error));
  refuseProblems(checkContent(made.data));
  return made.data;
}

function refuseProblems(findings: readonly Finding[]): void {
  const problems = findings.flatMap(({ problems: found }) => found);
  if (problems.length > 0) throw new CertificateRefusedError(problems);
}

/** The head of the tenant's log, and below it the entries about the request: those of its id, and those of the run. */
async function auditPart(trx: Knex.Transaction, { tenantId, requestId, run }: CertificateRequest): Promise<CertifiedAudit> {
  const head = await AuditHead.query(trx).findById(tenantId);
  const about = AuditEntry.query(trx)
    .where({ tenant_id: tenantId })
    .where('seq', '<=', head?.seq ?? 0)
    .where((either) => {
      void either.where({ object_id: requestId });
      if (run) void either.orWhere({ run_id: run.runId });
    });
  const rows = await about.clone().orderBy('seq').limit(entriesListed);
  const left = rows.length < entriesListed ? 0 : (await about.resultSize()) - rows.length;
  return { head: { seq: head?.seq ?? 0, hash: head?.hash.toString('hex') ?? '' }, entries: rows.map(shownEntry), left };
}

async function newestVersion(vault: CertificateDeps['vault']): Promise<number> {
  const { keys } = await vault.certificateKeys();
  return Number(keys[0]?.kid.replace('certificates-', ''));
}
