import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import { Redis } from 'ioredis';
import type { Temporal } from '../../platform/temporal.ts';
import { createVaultHttp } from '../../platform/vault-http.ts';
import type { StackDescription } from '../../stack/description.ts';
import { backUpDatabase } from './backups.ts';
import { rowsOf, wholeDatabase } from './databases.ts';
import { signIn } from './life/staff.ts';
import type { Platform } from './platform.ts';
import { s3Of } from './views.ts';

/** Leaves a text in one store as somebody careless would: what the search must then find there. */
export type Plant = (platform: Pick<Platform, 'home' | 'up' | 'temporal'>, text: string) => Promise<void>;

/** Long and of few letters, so that PostgreSQL keeps it compressed. */
const compressible = (text: string): string => `${'a'.repeat(20_000)}${text}${'b'.repeat(20_000)}`;

async function inDatabase(url: string, text: string): Promise<void> {
  await rowsOf(url, 'create table if not exists planted (words text)');
  await rowsOf(url, 'insert into planted values ($1)', [text]);
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

/** As the product would: what it tells Temporal is sealed, and no file shows it. */
async function sealedInTemporal({ client }: Temporal, text: string): Promise<void> {
  const handle = await client.workflow.start('nobody', { workflowId: `sealed:${Date.now()}`, taskQueue: 'nobody', args: [text] });
  await handle.terminate();
}

async function inRedis(url: string, text: string): Promise<void> {
  const redis = new Redis(url);
  await redis.set(`planted:${Date.now()}`, compressible(text));
  redis.disconnect();
}

const bucket = 'planted';
async function inBucket(s3: StackDescription['s3'], name: string, bytes: Buffer): Promise<void> {
  const client = s3Of(s3);
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket);
  await client.putObject(bucket, name, bytes);
}

/** For each store, all the ways in which something may be left there. */
export const plants: Readonly<Record<string, Readonly<Record<string, Plant>>>> = {
  'PostgreSQL (main)': {
    'a row': ({ up }, text) => inDatabase(String(up.postgres.adminUrl), text),
    'a compressed value': ({ up }, text) => inDatabase(String(up.postgres.adminUrl), compressible(text)),
  },
  'PostgreSQL (keyring)': {
    'a row': ({ up }, text) => inDatabase(String(up.keyring.adminUrl), text),
    'a compressed value': ({ up }, text) => inDatabase(String(up.keyring.adminUrl), compressible(text)),
  },
  Temporal: {
    'an argument': ({ up }, text) => inTemporal(up.temporal.address, text),
    'a sealed argument': ({ temporal }, text) => sealedInTemporal(temporal, text),
  },
  Redis: { 'a compressed value': ({ up }, text) => inRedis(up.redis.url, text) },
  'object storage': {
    'an object': ({ up }, text) => inBucket(up.s3, 'plain', Buffer.from(text)),
    'a compressed object': ({ up }, text) => inBucket(up.s3, 'compressed.gz', gzipSync(compressible(text))),
    'a compressed object that was deleted': async ({ up }, text) => {
      await inBucket(up.s3, 'deleted.gz', gzipSync(compressible(text)));
      await s3Of(up.s3).removeObject(bucket, 'deleted.gz');
    },
  },
  // What it is told to encrypt it does not keep: the name of a key it does.
  OpenBao: {
    'the name of a key': async ({ up }, text) => {
      const vault = createVaultHttp({ address: up.vault.url, token: up.vault.token });
      await vault('POST', `transit/keys/${text.replace(/\W/g, '-').toLowerCase()}`, {});
    },
  },
  backups: {
    'a row in a backup of the database': async ({ home, up }, text) => {
      await inDatabase(wholeDatabase(up.postgres), text);
      await backUpDatabase(home, wholeDatabase(up.postgres), `planted-${Date.now()}.dump`);
    },
    'a row in a backup of the keyring': async ({ up }, text) => {
      await inDatabase(wholeDatabase(up.keyring), text);
      await (await signIn(up.api.url, up.demo.email, up.demo.password)).run('back-up-keyring', {});
    },
  },
  logs: { 'a line': async ({ home }, text) => appendFileSync(join(home.dir, 'logs', 'api.log'), `${text}\n`) },
  'everything else': { 'a file': async ({ home }, text) => appendFileSync(join(home.dir, 'planted'), `${text}\n`) },
};
