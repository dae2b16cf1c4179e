import type { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { fn, raw } from 'objection';
import { NotFoundError } from '../../domain/errors.ts';
import { ExportGoneError, ExportNotReadyError, NoPassphraseError, PassphraseShownError } from '../../domain/privacy/export-errors.ts';
import { audit } from '../audit.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { PrivacyExport } from '../models/privacy-export.ts';
import type { Storage } from '../storage.ts';
import type { Vault } from '../vault.ts';
import { exportCode, readExportCode } from './export-link.ts';
import { type By, createExports, type ExportDeps, exportEntry, type ExportRef, passphrasePlace } from './exports.ts';

export interface ExportDeskDeps extends ExportDeps {
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly vault: Pick<Vault, 'hmacBatch' | 'verifyHmac'>;
  readonly storage: Pick<Storage, 'remove' | 'removeUnfinished' | 'getPart'>;
}
export interface OpenedExport {
  readonly id: string;
  /** Of the sealed file, in hex. */
  readonly sha256: string;
  /** Bytes of the sealed file. */
  readonly size: number;
  /** Those from `start`, so many. */
  readonly read: (start: number, length: number) => Promise<Readable>;
}
export type ExportDesk = ReturnType<typeof createExportDesk>;

const whole = (row: PrivacyExport): PrivacyExport & { size_bytes: number; sha256: string } => {
  if (row.size_bytes === null || row.sha256 === null) throw new Error('A package that is ready has a file.');
  return row as PrivacyExport & { size_bytes: number; sha256: string };
};

/** A package that can be fetched now, held against others. Throws NotFoundError, ExportNotReadyError, ExportGoneError. */
async function lockReady(trx: Knex.Transaction, { tenantId, id }: ExportRef) {
  const found = PrivacyExport.query(trx).where({ tenant_id: tenantId, id });
  const row = await found.select('privacy_exports.*', raw('expires_at <= now() as over')).forUpdate().first();
  if (!row) throw new NotFoundError('export');
  const { over } = row as unknown as { over: boolean };
  if (over || !['making', 'ready'].includes(row.status)) throw new ExportGoneError();
  if (row.status === 'making') throw new ExportNotReadyError();
  return whole(row);
}

/** What the API does with packages, each act in the audit log. All of it throws as lockReady does. */
export function createExportDesk(deps: ExportDeskDeps) {
  const { main, keyring, storage } = deps;
  const { find, discard } = createExports(deps);
  const change = async (trx: Knex.Transaction, { tenantId, id }: ExportRef, patch: object): Promise<unknown> =>
    PrivacyExport.query(trx).patch(patch).where({ tenant_id: tenantId, id });

  /** Opens a package to fetch it; each time is counted. */
  const open = (ref: ExportRef, by: By): Promise<OpenedExport> =>
    inTenant(main, ref.tenantId, async (trx) => {
      const { id, bucket, object_key: key, sha256, size_bytes: size } = await lockReady(trx, ref);
      await change(trx, ref, { downloads: raw('downloads + 1'), downloaded_at: fn.now() });
      await audit(trx, exportEntry(ref, by, 'download'));
      return { id, sha256, size, read: (start, length) => storage.getPart(bucket, key, start, length) };
    });

  return {
    find,
    open,
    /** The passphrase, for the first who asks: then it is gone. Throws also NoPassphraseError, PassphraseShownError, KeyDestroyedError. */
    async revealPassphrase(ref: ExportRef, by: By): Promise<string> {
      // Asked for before the row is locked: nobody waits for the vault behind a lock.
      const known = await inTenant(main, ref.tenantId, (trx) => lockReady(trx, ref));
      const sealer = await keyring.sealer(ref.tenantId, [known.subject_id]);
      return inTenant(main, ref.tenantId, async (trx) => {
        const row = await lockReady(trx, ref);
        if (row.recipient_kind !== 'passphrase') throw new NoPassphraseError();
        if (!row.passphrase) throw new PassphraseShownError();
        const passphrase = sealer.open(row.subject_id, passphrasePlace(ref), row.passphrase);
        await change(trx, ref, { passphrase: null, passphrase_shown_at: fn.now() });
        await audit(trx, exportEntry(ref, by, 'show-passphrase'));
        return passphrase;
      });
    },
    /** Takes a package back: its file is gone at once. */
    async revoke(ref: ExportRef, by: By): Promise<void> {
      await inTenant(main, ref.tenantId, (trx) => lockReady(trx, ref));
      await discard(ref, 'revoked', by);
    },
    ...linksOf(deps, open),
  };
}

/** Links that open a package without signing in: for people who have no account. */
const linksOf = ({ main, vault }: ExportDeskDeps, open: (ref: ExportRef, by: By) => Promise<OpenedExport>) => ({
  /** A link's code, good for so many hours and no longer than the package. */
  async link(ref: ExportRef, hours: number, by: By): Promise<{ code: string; expiresAt: Date }> {
    const expiresAt = await inTenant(main, ref.tenantId, async (trx) => {
      const { expires_at: end } = await lockReady(trx, ref);
      await audit(trx, exportEntry(ref, by, 'link'));
      const until = await timeIn(trx, hours);
      return until < end ? until : end;
    });
    return { code: await exportCode(vault, { tenantId: ref.tenantId, exportId: ref.id, expiresAt }), expiresAt };
  },
  /** Opens the package that a link leads to: the link is who acts. Throws NotFoundError for a code that is none of ours. */
  async openLink(code: string, by: Pick<By, 'requestId'>): Promise<OpenedExport> {
    const { tenantId, exportId, expiresAt } = await readExportCode(vault, code);
    if ((await timeIn(main, 0)) >= expiresAt) throw new ExportGoneError();
    return open({ tenantId, id: exportId }, { ...by, actorId: null });
  },
});

/** What time it is in so many hours, by the database's clock: the one that packages expire by. */
async function timeIn(knex: Knex, hours: number): Promise<Date> {
  const { rows } = await knex.raw<{ rows: { then: Date }[] }>('select now() + make_interval(hours => ?) as then', [hours]);
  if (!rows[0]) throw new Error('The database does not say what time it is.');
  return rows[0].then;
}
