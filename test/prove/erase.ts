import { verifyCertificate } from '../../platform/privacy/verify-certificate.ts';
import type { CertificateKeySet } from '../../platform/privacy/certificate-signature.ts';
import { until } from '../support/until.ts';
import { type Finding, finding } from './findings.ts';
import type { Life } from './life/live.ts';

const patienceMs = 600_000;
/** At once: no second person, no second thought, no waiting. */
const policy = { needsApproval: false, needsConfirmation: false, coolingOffDays: 0, law: 'gdpr' };

interface Listed {
  readonly items: readonly { readonly id: string; readonly kind: string }[];
}

/** Erases the person as their school does, until there is the certificate that says so, which is checked as a stranger would. */
export async function erase({ admin, personId }: Life): Promise<Finding> {
  await admin.api.call('/v1/privacy/policy', { method: 'PUT', body: policy, headers: { 'if-match': '"0"' } });
  const input = { personId, requestedBy: 'subject', verification: { how: 'in-person' } };
  const requestId = await admin.start('erase-subject', input);
  const certified = async (): Promise<string | undefined> => {
    const { status, error } = await admin.api.call<{ status: string; error?: unknown }>(`/v1/runs/${requestId}`);
    if (status !== 'running') throw new Error(`The erasure ended as ${status} before it was certified: ${JSON.stringify(error)}`);
    const { items } = await admin.api.call<Listed>(`/v1/privacy/certificates?requestId=${requestId}`);
    return items.find(({ kind }) => kind === 'erasure')?.id;
  };
  const id = await until(certified, patienceMs, 250);
  const file = Buffer.from(await (await admin.api.send(`/v1/privacy/certificates/${id}`)).arrayBuffer());
  const keys = await admin.api.call<CertificateKeySet>('/.well-known/certificate-keys.json');
  const { findings, document } = await verifyCertificate(file, { keys });
  const problems = findings.flatMap((each) => each.problems);
  const { subjectId, places = [], keyringBackups: backups = [] } = document?.content ?? {};
  if (subjectId !== personId) problems.push('it is of somebody else');
  if (backups.length === 0) problems.push('it does not say that a backup of the keyring is awaited');
  const said = `${places.length} places were searched, nothing was left, backups of the keyring are awaited (${backups.length})`;
  return finding(`the certificate ${id} is valid: ${said}`, problems);
}
