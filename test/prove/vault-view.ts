import { createVaultHttp } from '../../platform/vault-http.ts';
import type { StackDescription } from '../../stack/description.ts';
import type { View } from './views.ts';

/**
 * What OpenBao says of what it holds, to its own root: its mounts, who may come in, and of every mount the names of all there is, with what it
 * tells of them. A transit key never leaves it.
 */
export const listingOfVault = ({ url, token }: StackDescription['vault']): View =>
  async function* () {
    const call = createVaultHttp({ address: url, token });
    const told = async (path: string): Promise<Buffer> => Buffer.from(`${path} ${JSON.stringify((await call('GET', path)).data)}\n`);
    for (const path of ['sys/mounts', 'sys/auth', 'sys/policies/acl?list=true', 'auth/token/accessors?list=true']) yield await told(path);
    const { data: mounts } = await call('GET', 'sys/mounts');
    for (const [mount, about] of Object.entries(mounts)) {
      const folder = { transit: 'keys', kv: 'metadata' }[(about as { type?: string } | null)?.type ?? ''];
      if (folder === undefined) continue;
      const { data } = await call('GET', `${mount}${folder}?list=true`);
      for (const name of (data['keys'] ?? []) as string[]) yield await told(`${mount}${folder}/${name}`);
    }
  };
