import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import { BadArchiveError, MalformedBodyError, PayloadTooLargeError, UploadMissingError } from '../../domain/errors.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { audit, type AuditRecord } from '../audit.ts';
import { inTenant } from '../database.ts';
import { newId } from '../ids.ts';
import type { Keyring } from '../keyring.ts';
import { Upload } from '../models/upload.ts';
import { openReader, type SealedReader, sealStream } from '../sealed-file.ts';
import type { Storage } from '../storage.ts';

export interface UploadDeps {
  /** The main cluster. */
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'sealerOfNew' | 'sealer' | 'destroySubjectKeys'>;
  readonly storage: Pick<Storage, 'ensureBucket' | 'put' | 'getRange' | 'size' | 'remove' | 'removeUnfinished'>;
}
export interface ReceivedUpload {
  readonly tenantId: string;
  readonly accountId: string;
  readonly requestId: string;
  readonly body: Readable;
  /** A zipped roster (default), or a CSV file. */
  readonly kind?: UploadKind;
}
export type UploadKind = 'roster' | 'csv';
export type Uploads = ReturnType<typeof createUploads>;

export const uploadLimitBytes = 256 * 1024 * 1024;
const keptUntil = `now() + interval '24 hours'`;
/** What of an upload may stay in memory while it is open. */
const wholeBytes = 4 * 1024 * 1024;
/** The file's own key, sealed under the upload's key in the keyring, precedes the file: version, nonce, 44 characters, tag. */
const headBytes = 1 + 12 + 44 + 16;
/** How a file begins: a zip with files in it (an empty one is no roster); a CSV file as it likes, and who reads it sees whether it is one. */
const magicOf: Readonly<Record<UploadKind, Buffer>> = { roster: Buffer.from('PK\u0003\u0004'), csv: Buffer.alloc(0) };

const objectKey = (id: string): string => `uploads/${id}`;
const placeOf = (tenantId: string, id: string) => ({ tenantId, table: 'uploads', column: 'object_key', rowId: id });

interface Measured {
  sizeBytes: number;
  readonly hash: ReturnType<typeof createHash>;
}

/** Passes the body on while measuring it. Leaves an unread body alone: destroying a request would cut off its answer. */
async function* checkedBody(body: Readable, measured: Measured, magic: Buffer): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const piece of pieces) {
    if (head.length < magic.length) head = Buffer.concat([head, piece.subarray(0, magic.length)]);
    if (!magic.subarray(0, head.length).equals(head.subarray(0, magic.length))) throw new BadArchiveError('it is no zip file');
    measured.sizeBytes += piece.length;
    if (measured.sizeBytes > uploadLimitBytes) throw new PayloadTooLargeError(uploadLimitBytes);
    measured.hash.update(piece);
    yield piece;
  }
  if (head.length < magic.length) throw new BadArchiveError('it is no zip file');
}

const cutOff = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
    ? new MalformedBodyError('The body was cut off.')
    : error;

async function store(
  { keyring, storage }: UploadDeps,
  tenantId: string,
  id: string,
  { body, kind = 'roster' }: Pick<ReceivedUpload, 'body' | 'kind'>,
): Promise<{ sizeBytes: number; sha256: string }> {
  const sealer = await keyring.sealerOfNew(tenantId, [id]);
  const key = randomBytes(32);
  const head = sealer.seal(id, placeOf(tenantId, id), key.toString('base64'));
  const measured: Measured = { sizeBytes: 0, hash: createHash('sha256') };
  await storage.ensureBucket(bucketOf(tenantId));
  await pipeline(Readable.from(checkedBody(body, measured, magicOf[kind])), sealStream(key), async (sealed: AsyncIterable<Buffer>) => {
    const object = async function* (): AsyncGenerator<Buffer> {
      yield head;
      yield* sealed;
    };
    await storage.put(bucketOf(tenantId), objectKey(id), Readable.from(object(), { objectMode: false }));
  });
  return { sizeBytes: measured.sizeBytes, sha256: measured.hash.digest('hex') };
}

/** Files that clients bring for a run, in the bucket of the client's tenant, each sealed under a key of its own in the keyring. */
export function createUploads(deps: UploadDeps) {
  const { main, keyring, storage } = deps;
  const find = (tenantId: string, id: string): Promise<Upload | undefined> =>
    inTenant(main, tenantId, async (trx) => Upload.query(trx).where({ tenant_id: tenantId, id, status: 'stored' }).first());

  /** Removes the object, then its key, then the row or what it says. Safe to repeat from any point. */
  async function discard(tenantId: string, id: string, row: 'kept' | 'gone', entry?: AuditRecord): Promise<void> {
    await storage.remove(bucketOf(tenantId), objectKey(id));
    await keyring.destroySubjectKeys(tenantId, [id]);
    await inTenant(main, tenantId, async (trx) => {
      const rows = trx('uploads').where({ tenant_id: tenantId, id });
      const changed = await (row === 'gone' ? rows.delete() : rows.whereNot({ status: 'deleted' }).update({ status: 'deleted' }));
      if (entry && changed > 0) await audit(trx, entry);
    });
  }

  return {
    /**
     * Stores a file while it comes in, at most 256 MiB. When it fails or is cut off, nothing stays behind.
     * Throws BadArchiveError, PayloadTooLargeError, MalformedBodyError.
     */
    async receive({ tenantId, accountId, requestId, body, kind = 'roster' }: ReceivedUpload): Promise<Upload> {
      const id = newId();
      const row = { id, tenant_id: tenantId, kind, bucket: bucketOf(tenantId), object_key: objectKey(id), created_by: accountId };
      // Written first: a process that dies half-way leaves a row that tells what to remove.
      const expected = { ...row, status: 'receiving', size_bytes: 0, sha256: '', expires_at: main.raw(keptUntil) };
      await inTenant(main, tenantId, (trx) => trx('uploads').insert(expected));
      try {
        const { sizeBytes, sha256 } = await store(deps, tenantId, id, { body, kind });
        return await inTenant(main, tenantId, async (trx) => {
          const stored = await Upload.query(trx).patchAndFetchById(id, { status: 'stored', size_bytes: sizeBytes, sha256 });
          await audit(trx, {
            tenantId,
            actorId: accountId,
            action: 'upload.create',
            objectType: 'upload',
            objectId: id,
            requestId,
            after: { sha256 },
          });
          return stored;
        });
      } catch (error) {
        await discard(tenantId, id, 'gone');
        throw cutOff(error);
      }
    },
    /** A stored upload; undefined when there is none (any more). */
    find,
    /** Opens an upload for reading anywhere in it. Throws UploadMissingError, UndecipherableError. */
    async open(tenantId: string, id: string): Promise<SealedReader> {
      const [row, sealer] = [await find(tenantId, id), await keyring.sealer(tenantId, [id])];
      const size = row && (await storage.size(row.bucket, row.object_key));
      if (!row || size === undefined || !sealer.has(id)) throw new UploadMissingError(id);
      const range = (offset: number, length: number): Promise<Buffer> => storage.getRange(row.bucket, row.object_key, offset, length);
      // A roster is read several times over and here and there: a small one is fetched once, sealed as it is.
      const whole = size <= wholeBytes ? await range(0, size) : undefined;
      const get = whole ? async (offset: number, length: number): Promise<Buffer> => whole.subarray(offset, offset + length) : range;
      const key = Buffer.from(sealer.open(id, placeOf(tenantId, id), await get(0, headBytes)), 'base64');
      const read = (offset: number, length: number): Promise<Buffer> => get(headBytes + offset, length);
      return openReader({ key, size: size - headBytes, read });
    },
    /** Removes the file and destroys its key; the row stays and says so. Idempotent, also for an id that never was. */
    remove: (tenantId: string, id: string): Promise<void> => discard(tenantId, id, 'kept'),
    /** As `remove`, also of what a killed upload left unfinished in the store, and recorded once in the audit log. */
    async expire(tenantId: string, id: string, by: Pick<AuditRecord, 'actorId' | 'requestId' | 'runId'>): Promise<void> {
      await storage.removeUnfinished(bucketOf(tenantId), objectKey(id));
      await discard(tenantId, id, 'kept', { ...by, tenantId, action: 'upload.expire', objectType: 'upload', objectId: id });
    },
  };
}
