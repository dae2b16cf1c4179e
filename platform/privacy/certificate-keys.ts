import { UnavailableError } from '../../domain/errors.ts';
import type { Vault } from '../vault.ts';
import type { CertificateKeySet } from './certificate-signature.ts';

/** The public keys of certificates as they are published: the vault's, asked at most twice a minute, and while it is away those known before. */
export function createCertificateKeys(vault: Pick<Vault, 'certificateKeys'>, freshMs = 30_000): () => Promise<CertificateKeySet> {
  let known: { readonly set: CertificateKeySet; readonly at: number } | undefined;
  return async () => {
    const old = known;
    if (old && performance.now() - old.at < freshMs) return old.set;
    try {
      const set = await vault.certificateKeys();
      known = { set, at: performance.now() };
      return set;
    } catch (error) {
      if (old && error instanceof UnavailableError) return old.set;
      throw error;
    }
  };
}
