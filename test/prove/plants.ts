import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import { Client as Minio } from 'minio';
import pg from 'pg';
import { createVaultHttp } from '../../platform/vault-http.ts';
import type { StackDescription } from '../../stack/description.ts';
import type { Home } from '../../stack/home.ts';

export interface Planting {
  readonly home: Home;
  readonly up: StackDescription;
}
/** Leaves a text in one store as somebody careless would: what the search must then find there. */
export type Plant = (planting: Planting, text: string) => Promise<void>;

/** Long and of few letters, so that PostgreSQL keeps it compressed. */
const compressible = (text: string): string => `${'a'.repeat(20_000)}${text}${'b'.repeat(20_000)}`;

async function inDatabase(adminUrl: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query('create table if not exists planted (plain text, compressed text)');
    await client.query('insert into planted values ($1, $2)', [text, compressible(text)]);
  } finally {
    await client.end();
  }
}

async function inTemporal(address: string, text: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const workflowId = `planted:${Date.now()}`;
    const handle = await new Client({ connection }).workflow.start('nobody', { workflowId, taskQueue: 'nobody', args: [text] });
    await handle.terminate();
  } finally {
    await connection.close();
  }
}

async function inRedis(url: string, text: string): Promise<void> {
  const redis = new Redis(url);
  await redis.set(`planted:${Date.now()}`, compressible(text));
  redis.disconnect();
}

const s3Of = ({ endpoint, accessKey, secretKey }: StackDescription['s3']): Minio => {
  const { hostname, port } = new URL(endpoint);
  return new Minio({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
};
async function inBucket(s3: StackDescription['s3'], bucket: string, name: string, bytes: Buffer): Promise<void> {
  const client = s3Of(s3);
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket);
  await client.putObject(bucket, name, bytes);
}

/** One for each store. */
export const plants: Readonly<Record<string, Plant>> = {
  'PostgreSQL (main)': ({ up }, text) => inDatabase(String(up.postgres.adminUrl), text),
  'PostgreSQL (keyring)': ({ up }, text) => inDatabase(String(up.keyring.adminUrl), text),
  Temporal: ({ up }, text) => inTemporal(up.temporal.address, text),
  Redis: ({ up }, text) => inRedis(up.redis.url, text),
  'object storage': ({ up }, text) => inBucket(up.s3, 'planted', 'plain', Buffer.from(text)),
  backups: ({ up }, text) => inBucket(up.s3, 'planted-backups', 'compressed.gz', gzipSync(compressible(text))),
  // What it is told to encrypt it does not keep: the name of a key it does.
  OpenBao: async ({ up }, text) => {
    const vault = createVaultHttp({ address: up.vault.url, token: up.vault.token });
    await vault('POST', `transit/keys/${text.replace(/\W/g, '-').toLowerCase()}`, {});
  },
  logs: async ({ home }, text) => appendFileSync(join(home.dir, 'logs', 'api.log'), `${text}\n`),
};
