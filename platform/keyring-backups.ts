import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { ReadableStream } from 'node:stream/web';
import { Encrypter } from 'age-encryption';
import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import { audit, type AuditRecord } from './audit.ts';
import { inTenant } from './database.ts';
import { keyringTime, snapshotLines, type SnapshotOptions } from './keyring-snapshot.ts';
import { KeyringBackup } from './models/keyring-backup.ts';
import type { Storage } from './storage.ts';

export const keyringBackupBucket = 'keyring-backups';

export interface KeyringBackupOptions extends SnapshotOptions {
  /** age1...: whoever has its identity can read the backups. No host of the platform has it. */
  readonly recipient: string;
  readonly retentionDays: number;
}
export interface KeyringBackupDeps {
  /** The main cluster. */
  readonly knex: Knex;
  readonly storage: Pick<Storage, 'ensureBucket' | 'put' | 'list' | 'remove' | 'removeUnfinished'>;
  readonly source: KeyringBackupOptions;
}
type By = Pick<AuditRecord, 'actorId' | 'requestId' | 'runId'>;
export interface BackupTaken {
  readonly id: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly expiresAt: string;
}
export type KeyringBackups = ReturnType<typeof createKeyringBackups>;

const dayMs = 86_400_000;
const tenant_id = platformTenantId;
/** The name says when it is to go, so that it goes also when its row is lost. */
const objectKeyOf = (id: string, expiresAt: Date): string => `${expiresAt.toISOString()}_${id}.age`;
const expiryOf = (key: string): number => Date.parse(key.split('_')[0] ?? '');

/** Backups of the keyring's cluster: short-lived, and sealed before they leave this process. */
export function createKeyringBackups({ knex, storage, source }: KeyringBackupDeps) {
  const record = (trx: Knex.Transaction, action: string, id: string, by: By, after?: object): Promise<void> =>
    audit(trx, { tenantId: tenant_id, objectType: 'keyring-backup', objectId: id, action, ...by, ...(after ? { after } : {}) });

  /** Its row stands before anything is stored: what is cut off is known, and counts among those that may hold a key. */
  async function begin(id: string): Promise<KeyringBackup> {
    const taken_at = await keyringTime(source.url);
    const expires_at = new Date(taken_at.getTime() + source.retentionDays * dayMs);
    return inTenant(knex, tenant_id, async (trx) => {
      const row = { id, tenant_id, taken_at, expires_at, object_key: objectKeyOf(id, expires_at) };
      await KeyringBackup.query(trx).insert(row).onConflict(['tenant_id', 'id']).ignore();
      // Of a later attempt nothing changes: what the first has stored may still be there, with what was destroyed since.
      return KeyringBackup.query(trx).findById([tenant_id, id]).throwIfNotFound();
    });
  }

  async function store(row: KeyringBackup, signal?: AbortSignal): Promise<{ size_bytes: number; sha256: string }> {
    await storage.ensureBucket(keyringBackupBucket);
    await storage.removeUnfinished(keyringBackupBucket, row.object_key);
    const { stream, sha256 } = await sealed(source, signal);
    return { size_bytes: await storage.put(keyringBackupBucket, row.object_key, stream), sha256: sha256() };
  }

  return {
    /** Takes the backup of this id, once: one that is stored is not taken again. Streams; the same object is written over by a later attempt. */
    async take(id: string, by: By, signal?: AbortSignal): Promise<BackupTaken> {
      const row = await begin(id);
      if (row.stored_at) return takenOf(row);
      const stored = await store(row, signal);
      return inTenant(knex, tenant_id, async (trx) => {
        const done = await row.$query(trx).patchAndFetch({ ...stored, stored_at: new Date() });
        await record(trx, 'keyring-backup.take', id, by, stored);
        return takenOf(done);
      });
    },
    /** Removes what is past its time, known or not. Idempotent. Resolves to the ids of backups that are gone since. */
    async expire(now: Date, by: By): Promise<string[]> {
      for (const key of await storage.list(keyringBackupBucket))
        if (expiryOf(key) <= now.getTime()) await storage.remove(keyringBackupBucket, key);
      const due = await inTenant(knex, tenant_id, async (trx) =>
        KeyringBackup.query(trx).where({ tenant_id }).whereNull('removed_at').where('expires_at', '<=', now).orderBy('id'),
      );
      for (const row of due) {
        await storage.removeUnfinished(keyringBackupBucket, row.object_key);
        await storage.remove(keyringBackupBucket, row.object_key);
        await inTenant(knex, tenant_id, async (trx) => {
          const changed = await KeyringBackup.query(trx)
            .where({ tenant_id, id: row.id })
            .whereNull('removed_at')
            .patch({ removed_at: new Date() });
          if (changed > 0) await record(trx, 'keyring-backup.remove', row.id, by);
        });
      }
      return due.map(({ id }) => id);
    },
  };
}

const takenOf = ({ id, size_bytes, sha256, expires_at }: KeyringBackup): BackupTaken => ({
  id,
  sizeBytes: Number(size_bytes),
  sha256: String(sha256),
  expiresAt: expires_at.toISOString(),
});

/** A snapshot as it is stored: lines, compressed, sealed; and, when all of it has been read, the digest of what was. */
async function sealed(source: KeyringBackupOptions, signal?: AbortSignal): Promise<{ stream: Readable; sha256: () => string }> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(source.recipient);
  const lines = async function* (): AsyncGenerator<string> {
    for await (const line of snapshotLines(source)) {
      signal?.throwIfAborted();
      yield `${JSON.stringify(line)}\n`;
    }
  };
  const gzip = createGzip();
  const plain = Readable.from(lines());
  plain.on('error', (error) => gzip.destroy(error)).pipe(gzip);
  const hash = createHash('sha256');
  const cipher = Readable.fromWeb((await encrypter.encrypt(Readable.toWeb(gzip) as globalThis.ReadableStream)) as ReadableStream);
  const tap = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  cipher.on('error', (error) => tap.destroy(error)).pipe(tap);
  // Whoever stops reading stops all of it, up to the keyring's cursor. What each of them died of is told once, by the last.
  gzip.on('error', () => undefined);
  tap.on('close', () => [cipher, plain].forEach((each) => each.destroy()));
  return { stream: tap, sha256: () => hash.digest('hex') };
}

/** A backup that may hold what was destroyed, until it is removed; `expiresAt` is when it will be, or was to be. */
export interface HoldingBackup {
  readonly id: string;
  readonly expiresAt: Date;
}

/**
 * The keyring backups that may hold a key destroyed at `destroyedAt` (by the keyring's clock, as destroySubjectKeys answers), those that
 * are being taken and those that were cut off among them; the one that goes last comes first. None: nothing can bring the key back.
 */
export const backupsThatMayHold = (knex: Knex, destroyedAt: Date): Promise<HoldingBackup[]> =>
  inTenant(knex, tenant_id, async (trx) => {
    const rows = await KeyringBackup.query(trx)
      .where({ tenant_id })
      .whereNull('removed_at')
      .where('taken_at', '<=', destroyedAt)
      .orderBy([{ column: 'expires_at', order: 'desc' }, 'id']);
    return rows.map(({ id, expires_at: expiresAt }) => ({ id, expiresAt }));
  });

/** Of backupsThatMayHold the one that goes last: when it is removed, the destruction is final. */
export const lastBackupThatMayHold = async (knex: Knex, destroyedAt: Date): Promise<HoldingBackup | undefined> =>
  (await backupsThatMayHold(knex, destroyedAt))[0];
