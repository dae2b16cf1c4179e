import { gunzipSync } from 'node:zlib';
import { Client as Minio } from 'minio';
import { Redis } from 'ioredis';
import type { Temporal } from '../../platform/temporal.ts';
import type { StackDescription } from '../../stack/description.ts';
import { rowsOf } from './databases.ts';

/** What a store says when it is asked, for what lies compressed or sealed in its files: as text, piece after piece. */
export type View = () => AsyncGenerator<Buffer>;

/** Every row of every table of every database of a cluster, however PostgreSQL compressed it (TOAST). */
export const rowsOfCluster = (adminUrl: string): View =>
  async function* () {
    for (const { datname } of await rowsOf<{ datname: string }>(adminUrl, 'select datname from pg_database where datallowconn')) {
      const url = Object.assign(new URL(adminUrl), { pathname: `/${datname}` }).href;
      const sql = `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
      for (const { name } of await rowsOf<{ name: string }>(url, sql))
        for (const { row } of await rowsOf<{ row: string }>(url, `select t::text as row from ${name} as t`)) yield Buffer.from(`${row}\n`);
    }
  };

/** Every key of Redis with all it holds, by the command of its type. */
export const keysOfRedis = (url: string): View =>
  async function* () {
    const redis = new Redis(url);
    try {
      for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>)
        for (const key of keys) yield Buffer.from(`${key} ${JSON.stringify(await valueOf(redis, key))}\n`);
    } finally {
      redis.disconnect();
    }
  };

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, 0, -1),
    stream: () => redis.xrange(key, '-', '+'),
  };
  const type = await redis.type(key);
  const read = reads[type];
  if (!read && type !== 'none') throw new Error(`Redis has a ${type}, which nobody here can read.`);
  return read?.();
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
/** What is compressed, inflated; undefined when it is not. */
export const inflated = (bytes: Buffer): Buffer | undefined => (isGzip(bytes) ? gunzipSync(bytes) : undefined);

export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  readonly metadata: unknown;
  readonly bytes: Buffer;
}
export const s3Of = ({ endpoint, accessKey, secretKey }: StackDescription['s3']): Minio => {
  const { hostname, port } = new URL(endpoint);
  return new Minio({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
};
/** Every object of every bucket. */
export async function* everyObject(where: StackDescription['s3']): AsyncGenerator<StoredObject> {
  const s3 = s3Of(where);
  for (const { name: bucket } of await s3.listBuckets())
    for await (const { name } of s3.listObjectsV2(bucket, '', true) as AsyncIterable<{ name?: string }>) {
      if (!name) continue;
      const { metaData: metadata } = await s3.statObject(bucket, name);
      yield { bucket, name, metadata, bytes: Buffer.concat((await (await s3.getObject(bucket, name)).toArray()) as Buffer[]) };
    }
}

/** Every object of every bucket by its name, its metadata and its bytes; what is compressed is inflated, too. */
export const objectsOf = (s3: StackDescription['s3']): View =>
  async function* () {
    for await (const { bucket, name, metadata, bytes } of everyObject(s3)) {
      yield Buffer.from(`${bucket} ${name} ${JSON.stringify(metadata)}\n`);
      yield bytes;
      const plain = inflated(bytes);
      if (plain) yield plain;
    }
  };

/** As JSON, in which bytes stand as the text they are. */
const inWords = (value: unknown): string =>
  JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, told: unknown) {
    // Not `told`: a Buffer has told its bytes one by one by then.
    const own = this[key];
    return own instanceof Uint8Array ? Buffer.from(own).toString() : told;
  });

/** Every history, opened by the platform's own keys as far as they are there. */
export const historiesOf = (temporal: Temporal, opened: (workflowId: string, runId: string) => Promise<unknown>): View =>
  async function* () {
    for await (const { workflowId, runId, memo, searchAttributes } of temporal.client.workflow.list()) {
      yield Buffer.from(inWords([workflowId, memo, searchAttributes]));
      yield Buffer.from(inWords(await opened(workflowId, runId)));
    }
  };
