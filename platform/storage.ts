import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { Client, S3Error } from 'minio';
import { signV4 } from 'minio/dist/esm/signing.mjs';

export interface StorageConfig {
  /** http(s)://host[:port] of an S3 API. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}
export type Storage = ReturnType<typeof createStorage>;

/** S3 refuses parts below 5 MiB; a part is all of a stream that is in memory. */
const partBytes = 8 * 1024 * 1024;
/** Our stores ignore it, and asking each bucket for its own would cost a request. */
const region = 'us-east-1';
const missing = new Set(['NoSuchKey', 'NotFound', 'NoSuchBucket', 'NoSuchUpload']);
const isMissing = (error: unknown): boolean => error instanceof S3Error && missing.has(error.code ?? '');

const ignoreMissing = (error: unknown): void => {
  if (!isMissing(error)) throw error;
};

/** Joins what a stream brings into buffers of exactly `size` bytes, the last one shorter. */
async function* inParts(stream: Readable, size: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let held = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece);
    held += piece.length;
    if (held < size) continue;
    const whole = Buffer.concat(pieces);
    let at = 0;
    for (; held - at >= size; at += size) yield whole.subarray(at, at + size);
    pieces = [whole.subarray(at)];
    held -= at;
  }
  if (held > 0) yield Buffer.concat(pieces);
}

async function collect(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

// The client's own upload of a stream hangs when the stream fails and joins an unfinished upload it finds, so parts are sent here.
async function putParts(client: Client, bucket: string, key: string, head: Buffer, rest: AsyncIterable<Buffer>): Promise<number> {
  const uploadId = await client.initiateNewMultipartUpload(bucket, key, {});
  try {
    const etags: { part: number; etag: string }[] = [];
    let size = 0;
    const send = async (body: Buffer): Promise<void> => {
      const partNumber = etags.length + 1;
      const { etag } = await client.uploadPart({ bucketName: bucket, objectName: key, uploadID: uploadId, partNumber, headers: {} }, body);
      etags.push({ part: partNumber, etag });
      size += body.length;
    };
    await send(head);
    for await (const body of rest) await send(body);
    await client.completeMultipartUpload(bucket, key, uploadId, etags);
    return size;
  } catch (error) {
    await client.abortMultipartUpload(bucket, key, uploadId).catch(ignoreMissing);
    throw error;
  }
}

async function putStream(client: Client, bucket: string, key: string, body: Readable): Promise<number> {
  const parts = inParts(body, partBytes);
  const first = await parts.next();
  const head = first.done ? Buffer.alloc(0) : first.value;
  if (head.length === partBytes) return putParts(client, bucket, key, head, parts);
  await client.putObject(bucket, key, head);
  return head.length;
}

async function list(client: Client, bucket: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  try {
    for await (const item of client.listObjectsV2(bucket, prefix, true) as AsyncIterable<{ name?: string }>)
      if (item.name) keys.push(item.name);
  } catch (error) {
    ignoreMissing(error);
  }
  return keys.sort();
}

async function abortUploads(client: Client, bucket: string, prefix: string, which: (key: string) => boolean = () => true): Promise<void> {
  for await (const { key, uploadId } of client.listIncompleteUploads(bucket, prefix, true) as AsyncIterable<{
    key: string;
    uploadId: string;
  }>)
    if (which(key)) await client.abortMultipartUpload(bucket, key, uploadId).catch(ignoreMissing);
}

/** A store that takes a request and then neither reads nor answers for so long is given up. */
const silentMs = 30_000;
class StoreSilentError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor() {
    super(`The object store was silent for ${silentMs} ms.`);
  }
}

type Send = typeof http.request;

/** Signs each request once more, and waits for no store for ever: the client knows this host's clock alone, and stores refuse what is signed a quarter of an hour off. */
const signedAt =
  (clock: () => Date, { accessKey, secretKey }: StorageConfig, send: Send) =>
  (options: http.RequestOptions, answer: (response: http.IncomingMessage) => void): http.ClientRequest => {
    const now = clock();
    const { authorization: _, ...headers } = options.headers as Record<string, string>;
    const dated = { ...headers, 'x-amz-date': now.toISOString().replaceAll(/[-:]|\.\d+/g, '') };
    const signature = signV4(
      { ...options, headers: dated } as never,
      accessKey,
      secretKey,
      region,
      now,
      String(headers['x-amz-content-sha256']),
    );
    const sent = send({ ...options, headers: { ...dated, authorization: signature } }, answer);
    return sent.setTimeout(silentMs, () => sent.destroy(new StoreSilentError()));
  };

/**
 * Objects in any S3 store. Errors are the client's own (S3Error or a socket's).
 * @param clock by which requests are signed
 */
export function createStorage(config: StorageConfig, clock: () => Date = () => new Date()) {
  const { endpoint, accessKey, secretKey } = config;
  const url = new URL(endpoint);
  const useSSL = url.protocol === 'https:';
  const port = Number(url.port || (useSSL ? 443 : 80));
  const transport = { request: signedAt(clock, config, useSSL ? https.request : http.request) as Send };
  const client = new Client({ endPoint: url.hostname, port, useSSL, accessKey, secretKey, region, pathStyle: true, transport });

  return {
    /** Idempotent. */
    async ensureBucket(bucket: string): Promise<void> {
      if (await client.bucketExists(bucket)) return;
      await client.makeBucket(bucket, region).catch((error: unknown) => {
        if (!(error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou')) throw error;
      });
    },
    /** Empties and removes a bucket, unfinished uploads too. Idempotent. */
    async removeBucket(bucket: string): Promise<void> {
      if (!(await client.bucketExists(bucket))) return;
      await abortUploads(client, bucket, '');
      const keys = await list(client, bucket, '');
      if (keys.length > 0) await client.removeObjects(bucket, keys);
      await client.removeBucket(bucket).catch(ignoreMissing);
    },
    /** Stores a stream, 8 MiB of it in memory at a time; replaces what was there. Nothing is stored when the stream fails. Resolves to its bytes. */
    async put(bucket: string, key: string, body: Readable | Buffer): Promise<number> {
      if (Buffer.isBuffer(body)) {
        await client.putObject(bucket, key, body);
        return body.length;
      }
      return putStream(client, bucket, key, body);
    },
    /** Exactly these bytes of an object; an object too short for them is an error. */
    async getRange(bucket: string, key: string, offset: number, length: number): Promise<Buffer> {
      const bytes = await collect(await client.getPartialObject(bucket, key, offset, length));
      if (bytes.length !== length) throw new Error('The stored object is shorter than it should be.');
      return bytes;
    },
    getStream: (bucket: string, key: string): Promise<Readable> => client.getObject(bucket, key),
    /** So many bytes of an object from `offset`, as they come. */
    getPart: (bucket: string, key: string, offset: number, length: number): Promise<Readable> =>
      client.getPartialObject(bucket, key, offset, length),
    /** Bytes of an object, undefined when there is none. */
    async size(bucket: string, key: string): Promise<number | undefined> {
      const stat = await client.statObject(bucket, key).catch(ignoreMissing);
      return stat ? stat.size : undefined;
    },
    /** Keys under a prefix, in order; none when there is no such bucket. */
    list: (bucket: string, prefix = ''): Promise<string[]> => list(client, bucket, prefix),
    /** Idempotent. */
    remove: (bucket: string, key: string): Promise<void> => client.removeObject(bucket, key).catch(ignoreMissing),
    /** Ends uploads of an object that nobody will finish: their parts take room and are listed nowhere else. Idempotent. */
    async removeUnfinished(bucket: string, key: string): Promise<void> {
      await abortUploads(client, bucket, key, (found) => found === key).catch(ignoreMissing);
    },
    /** Throws when the store does not answer. */
    async health(): Promise<void> {
      await client.listBuckets();
    },
  };
}
