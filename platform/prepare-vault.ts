import { UnavailableError } from '../domain/errors.ts';
import { platformTenantId } from '../domain/roles.ts';
import { createVaultHttp, type VaultCall } from './vault-http.ts';
import { tenantKeyName } from './vault-tenant-keys.ts';

export interface PrepareVaultOptions {
  readonly address: string;
  readonly adminToken: string;
  readonly mount?: string;
  /** How long the app's token lives without being used, in hours. Every use renews it. */
  readonly tokenHours?: number;
}

/**
 * Least privilege. No `create` on encrypt: encrypting under a missing key must fail, not make one. Tenant keys may come and go, but never
 * leave (exportable, backup); the platform's own key can be used and rotated, the signing keys and the invitation key used, none changed otherwise.
 */
const appPolicy = (mount: string): string => `
path "${mount}/encrypt/tenant-*" { capabilities = ["update"] }
path "${mount}/decrypt/tenant-*" { capabilities = ["update"] }
path "${mount}/rewrap/tenant-*" { capabilities = ["update"] }
path "${mount}/keys/tenant-*" {
  capabilities = ["create", "read", "update", "delete"]
  denied_parameters = { "exportable" = [] "allow_plaintext_backup" = [] }
}
path "${mount}/keys/${tenantKeyName(platformTenantId)}" { capabilities = ["read"] }
path "${mount}/keys/${tenantKeyName(platformTenantId)}/*" { capabilities = ["deny"] }
path "${mount}/keys/${tenantKeyName(platformTenantId)}/rotate" { capabilities = ["update"] }
path "${mount}/keys/${tenantKeyName(platformTenantId)}/config" {
  capabilities = ["update"]
  allowed_parameters = { "min_decryption_version" = [] }
}
path "${mount}/keys/jwt" { capabilities = ["read"] }
path "${mount}/sign/jwt/sha2-256" { capabilities = ["update"] }
path "${mount}/keys/certificates" { capabilities = ["read"] }
path "${mount}/sign/certificates" { capabilities = ["update"] }
path "${mount}/hmac/invitations/sha2-256" { capabilities = ["update"] }
path "${mount}/verify/invitations/sha2-256" { capabilities = ["update"] }
path "${mount}/hmac/password-resets/sha2-256" { capabilities = ["update"] }
path "${mount}/verify/password-resets/sha2-256" { capabilities = ["update"] }
path "${mount}/hmac/export-links/sha2-256" { capabilities = ["update"] }
path "${mount}/verify/export-links/sha2-256" { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
`;

/**
 * Sets the vault up, as often as you like: transit, the app's policy, the keys every deployment has. Returns a new token for the app,
 * bound to that policy: periodic and orphan, it outlives the admin's token and never expires while it is used.
 * Errors: VaultDeniedError for a wrong admin token, UnavailableError when the server is away or sealed.
 */
export async function prepareVault({
  address,
  adminToken,
  mount = 'transit',
  tokenHours = 720,
}: PrepareVaultOptions): Promise<{ appToken: string }> {
  const call = createVaultHttp({ address, token: adminToken });
  const policy = mount === 'transit' ? 'toolbox-app' : `toolbox-app-${mount}`;
  await mountTransit(call, mount);
  await must(call, `sys/policies/acl/${policy}`, { policy: appPolicy(mount) });
  await must(call, `${mount}/keys/jwt`, { type: 'rsa-2048' });
  await must(call, `${mount}/keys/certificates`, { type: 'ed25519' });
  for (const name of ['invitations', 'password-resets', 'export-links'])
    await must(call, `${mount}/keys/${name}`, { type: 'hmac', key_size: 32 });
  await must(call, `${mount}/keys/${tenantKeyName(platformTenantId)}`, { type: 'aes256-gcm96', derived: true });
  const token = await must(call, 'auth/token/create-orphan', {
    policies: [policy],
    no_default_policy: true,
    period: `${tokenHours}h`,
    display_name: policy,
  });
  return { appToken: String(token['client_token']) };
}

async function mountTransit(call: VaultCall, mount: string): Promise<void> {
  const { status, errors } = await call('POST', `sys/mounts/${mount}`, { type: 'transit' });
  if (status >= 300 && !errors.some((message) => message.includes('already in use'))) throw refused(`sys/mounts/${mount}`, status);
}
async function must(call: VaultCall, path: string, body: unknown): Promise<Record<string, unknown>> {
  const { status, data } = await call('POST', path, body);
  if (status >= 300) throw refused(path, status);
  return data;
}
const refused = (path: string, status: number): UnavailableError =>
  new UnavailableError('vault', 5, new Error(`${path} answered ${status}`));
