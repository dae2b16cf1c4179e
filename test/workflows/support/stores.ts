import { Client } from 'minio';
import { rowsOf } from '../../support/database-rows.ts';
import { servers } from '../../support/servers.ts';
import type { Onboarding } from './onboarding.ts';

/** What stays by design: the audit log, the runs themselves, the rows that say an upload is deleted, the migrator's own tables. */
const kept = new Set(['audit_log', 'audit_heads', 'runs', 'uploads', 'knex_migrations', 'knex_migrations_lock']);

/** Every row of both clusters as JSON, by table. */
export async function databaseRows({
  databases,
}: Pick<Onboarding, 'databases'>): Promise<{ main: Map<string, string[]>; keyring: Map<string, string[]> }> {
  const { postgres, keyring } = servers();
  return { main: await rowsOf(postgres.adminUrl, databases.urls.main), keyring: await rowsOf(keyring.adminUrl, databases.urls.keyring) };
}

const { endpoint, accessKey, secretKey } = servers().s3;
const s3 = new Client({ endPoint: new URL(endpoint).hostname, port: Number(new URL(endpoint).port), useSSL: false, accessKey, secretKey });

export interface Stores {
  readonly [store: string]: unknown;
}
/** All that stands in the stores that a run may touch, beside what stays by design. `tenantId`: whose bucket to look for. */
export async function storesOf(onboarding: Onboarding, tenantId: string): Promise<Stores> {
  const { main, keyring } = await databaseRows(onboarding);
  const counts = (rows: Map<string, string[]>) =>
    [...rows].filter(([table]) => !kept.has(table)).map(([table, found]) => `${table} ${found.length}`);
  const { asAdmin, mount } = onboarding.vault;
  const { stripeClient } = onboarding;
  const customers = await stripeClient.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  const subscriptions = await stripeClient.subscriptions.list({ limit: 100, status: 'all' }).autoPagingToArray({ limit: 1_000 });
  return {
    main: counts(main),
    keyring: counts(keyring),
    vault: (await asAdmin('GET', `${mount}/keys/tenant-${tenantId}`)).status,
    bucket: await s3.bucketExists(`tenant-${tenantId}`),
    customers: customers.map(({ id }) => id).sort(),
    subscriptions: subscriptions
      .filter(({ status }) => status !== 'canceled')
      .map(({ id }) => id)
      .sort(),
  };
}
