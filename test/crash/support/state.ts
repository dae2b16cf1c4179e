import { Client } from 'minio';
import { platformTenantId } from '../../../domain/roles.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import { keyringBackupBucket } from '../../../platform/keyring-backups.ts';
import type { VaultCall } from '../../../platform/vault-http.ts';
import { rowsOf } from '../../support/database-rows.ts';

export interface Cluster {
  readonly adminUrl: string;
  /** Names the database. */
  readonly url: string;
}
/** Where a platform keeps all it knows, opened by those who may see everything. */
export interface Stores {
  readonly main: Cluster;
  readonly keyring: Cluster;
  readonly vault: { readonly asAdmin: VaultCall; readonly mount: string };
  readonly s3: { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };
}

/** How often the keyring's files were written anew: once more for an attempt that died, and nobody can tell. */
const countsOnly = 'key_shreddings';

/** Every row of both clusters, every key of the vault's mount: a line each; a table's rows of settled tenants have one together. */
export async function linesOf({ main, keyring, vault }: Stores, settled: readonly string[] = []): Promise<string[]> {
  const clusters = await Promise.all(
    Object.entries({ main, keyring }).map(async ([name, { adminUrl, url }]) =>
      [...(await rowsOf(adminUrl, url, settled))]
        .filter(([table]) => table !== countsOnly)
        .flatMap(([table, rows]) => rows.map((row) => `${name} ${table} ${row}`)),
    ),
  );
  const { data } = await vault.asAdmin('GET', `${vault.mount}/keys?list=true`);
  return [...clusters.flat(), ...((data['keys'] ?? []) as string[]).map((key) => `vault key ${key}`)];
}

/** The bucket of a tenant (or what a run of that id has backed up) with what is in it, and what of these files is still in the platform's. */
export async function objectsOf(s3: Stores['s3'], tenantId: string, fileIds: readonly string[]): Promise<string[]> {
  const buckets = [bucketOf(tenantId), bucketOf(platformTenantId), keyringBackupBucket];
  const [own = [], platform = [], backups = []] = await Promise.all(buckets.map((bucket) => listed(s3, bucket)));
  return [
    ...own,
    ...backups.filter((line) => line.includes(tenantId)),
    ...platform.filter((line) => fileIds.some((id) => line.includes(id)) && !line.startsWith('bucket')),
  ];
}

async function listed({ endpoint, accessKey, secretKey }: Stores['s3'], bucket: string): Promise<string[]> {
  const { hostname, port } = new URL(endpoint);
  const s3 = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
  if (!(await s3.bucketExists(bucket))) return [];
  const lines = [`bucket ${bucket}`];
  for await (const { name, size } of s3.listObjectsV2(bucket, '', true) as AsyncIterable<{ name?: string; size: number }>)
    lines.push(`object ${bucket} ${name} ${size} bytes`);
  return lines;
}
