import { newId } from '../platform/ids.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { ErasureStatement } from '../domain/privacy/statement.ts';
import type { RunContext } from '../domain/run.ts';

export interface SeamDeps {
  readonly keyring: Pick<Keyring, 'destroySubjectKeys'>;
}
export interface Shred {
  /** RFC 3339: when the wrapped bytes were in no live file any more. */
  readonly at: string;
  readonly rounds: number;
  readonly lsn: string;
}
export interface CertificateAsked {
  readonly tenantId: string;
  readonly requestId: string;
  readonly kind: 'erasure' | 'erasure-final';
  readonly content: ErasureStatement;
  readonly run: RunContext;
}

export interface KeyringBackup {
  readonly backup: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}
export interface ErasureSeams {
  destroySubjectKeys(keys: { readonly tenantId: string; readonly subjectIds: readonly string[] }): Promise<void>;
  shredDestroyedKeys(nothing: object): Promise<Shred>;
  /** Keyring backups that may hold keys destroyed at a time. */
  findKeyringBackups(asked: { readonly destroyedAt: string }): Promise<readonly KeyringBackup[]>;
  issueCertificate(asked: CertificateAsked): Promise<{ readonly certificateId: string }>;
}

/** Where key destruction, keyring backups and certificates meet erasing; each of these is another folder's own. */
export const createErasureSeams = ({ keyring }: SeamDeps) =>
  ({
    /** Safe to retry: keys that are gone stay gone. */
    async destroySubjectKeys({ tenantId, subjectIds }) {
      await keyring.destroySubjectKeys(tenantId, subjectIds);
    },
    /** Safe to retry: it destroys nothing itself. */
    shredDestroyedKeys: async () => ({ at: new Date().toISOString(), rounds: 1, lsn: '0/0' }),
    /** Safe to retry: it only reads. */
    findKeyringBackups: async () => [],
    /** Safe to retry: one certificate a request and kind. */
    issueCertificate: async () => ({ certificateId: newId() }),
  }) satisfies ErasureSeams;
