import { Client } from 'minio';
import { platformTenantId } from '../../../domain/roles.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import type { Databases } from '../../support/database.ts';
import { servers } from '../../support/servers.ts';
import type { TestVault } from '../../support/vault.ts';
import { databaseRows } from '../../workflows/support/stores.ts';

export interface Stores {
  readonly databases: Databases;
  readonly vault: TestVault;
}

/** Every row of both clusters, every key of the vault's mount: a line each. */
export async function linesOf({ databases, vault }: Stores): Promise<string[]> {
  const [rows, keys] = await Promise.all([databaseRows({ databases }), keysOf(vault)]);
  const inTables = Object.entries(rows).flatMap(([cluster, tables]) =>
    [...tables].flatMap(([table, found]) => found.map((row) => `${cluster} ${table} ${row}`)),
  );
  return [...inTables, ...keys];
}

async function keysOf({ asAdmin, mount }: TestVault): Promise<string[]> {
  const { data } = await asAdmin('GET', `${mount}/keys?list=true`);
  return ((data['keys'] ?? []) as string[]).map((key) => `vault key ${key}`);
}

/** The bucket of a tenant with what is in it, and what of these files is still in the platform's. */
export async function objectsOf(tenantId: string, fileIds: readonly string[]): Promise<string[]> {
  const [own, platform] = await Promise.all([listed(bucketOf(tenantId)), listed(bucketOf(platformTenantId))]);
  return [...own, ...platform.filter((line) => fileIds.some((id) => line.includes(id)) && !line.startsWith('bucket'))];
}

async function listed(bucket: string): Promise<string[]> {
  const { endpoint, accessKey, secretKey } = servers().s3;
  const { hostname, port } = new URL(endpoint);
  const s3 = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
  if (!(await s3.bucketExists(bucket))) return [];
  const lines = [`bucket ${bucket}`];
  for await (const { name, size } of s3.listObjectsV2(bucket, '', true) as AsyncIterable<{ name?: string; size: number }>)
    lines.push(`object ${bucket} ${name} ${size} bytes`);
  return lines;
}
