import { execFileSync } from 'node:child_process';
import { mkdtempSync, openAsBlob, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createRosterActivities } from '../../activities/roster.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { inPlatform } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { createUploads } from '../../platform/roster/uploads.ts';
import { createStorage } from '../../platform/storage.ts';
import { createDatabases } from '../support/database.ts';
import { servers } from '../support/servers.ts';
import { makeVault } from '../support/vault.ts';

/**
 * Imports a generated school through the real activity on real servers, twice or once and undoes it, and prints rates and memory:
 * `TOOLBOX_TEST_SERVERS=... node --import tsx test/load/import-roster.ts [users] [sds-v2.1 | one-roster-1.1] [--undo]`.
 * The worker of `npm start` runs with `--max-semi-space-size=4 --max-old-space-size=512`: give Node the same to see its memory.
 */
const users = Number(process.argv[2] ?? 50_000);
const format = process.argv[3] === 'one-roster-1.1' ? 'one-roster-1.1' : 'sds-v2.1';

const scratch = mkdtempSync(join(tmpdir(), 'load-'));
// In a process of its own: what is measured here is the import.
const generator = ['--import', 'tsx', 'cli/generate-school.ts', '--users', String(users), '--format', format];
execFileSync(process.execPath, [...generator, '--out', join(scratch, 'school'), '--zip', join(scratch, 'school.zip')]);

const databases = await createDatabases();
const { vault, remove } = await makeVault();
const storage = createStorage(servers().s3);
const keyring = createKeyring({ knex: databases.keyring, vault });
const { main } = databases;
const tenantId = newId();
const bucket = bucketOf(tenantId);
let peakBytes = 0;
const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().rss)), 50);
const megabytes = (bytes: number): number => Math.round(bytes / 1024 ** 2);

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  peakBytes = 0;
  const result = await work();
  const seconds = (performance.now() - began) / 1_000;
  const used = process.cpuUsage(cpu);
  const cpuSeconds = ((used.user + used.system) / 1e6).toFixed(1);
  console.log(`${what}: ${seconds.toFixed(1)} s, ${cpuSeconds} s of CPU, peak ${megabytes(peakBytes)} MiB`);
  return result;
}

try {
  await vault.createTenantKey(tenantId);
  const tenant = { id: tenantId, slug: `load-${Date.now()}`, name: 'Load', region: 'eu', plan: 'district', status: 'onboarding' };
  await inPlatform(main, (trx) => trx('tenants').insert(tenant));
  await storage.ensureBucket(bucket);
  const uploads = createUploads({ main, keyring, storage });
  const activities = createRosterActivities({ knex: main, keyring, storage });
  const send = async () => {
    const body = Readable.fromWeb((await openAsBlob(join(scratch, 'school.zip'))).stream() as never);
    return uploads.receive({ tenantId: platformTenantId, accountId: newId(), requestId: newId(), body });
  };
  const { id: uploadId, size_bytes: sizeBytes } = await timed('upload', send);
  console.log(`  ${users} users, ${format}, ${sizeBytes} bytes zipped; ${megabytes(process.memoryUsage().rss)} MiB at the start`);
  const input = { tenantId, uploadTenantId: platformTenantId, uploadId };
  const act = async <I, R>(work: (input: I) => Promise<R>, given: I): Promise<R> => {
    const environment = new MockActivityEnvironment();
    let [section, since, cpu] = [-1, performance.now(), process.cpuUsage()];
    environment.on('heartbeat', ({ position }: { position: { section: number } | null }) => {
      const now = performance.now();
      if (!position || position.section <= section) return;
      const { user, system } = process.cpuUsage(cpu);
      console.log(`  section ${section}: ${((now - since) / 1_000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU`);
      [section, since, cpu] = [position.section, now, process.cpuUsage()];
    });
    return environment.run<[I], R, (input: I) => Promise<R>>(work, given);
  };
  const { totals } = await timed('check', () => act(activities.checkRoster, { tenantId: platformTenantId, uploadId }));
  console.log(`  ${totals.rows} rows`);
  const runId = newId();
  const imported = (what: string, id: string) => timed(what, () => act(activities.importRoster, { ...input, runId: id }));
  console.log(' ', JSON.stringify(await imported('import', runId)));
  if (process.argv.includes('--undo')) await timed('undo', () => act(activities.removeImported, { tenantId, runId }));
  else console.log(' ', JSON.stringify(await imported('import again', newId())));
  await timed('delete upload', () => act(activities.deleteUpload, { tenantId: platformTenantId, uploadId }));
} finally {
  clearInterval(watch);
  await storage.removeBucket(bucket);
  await databases.drop();
  await remove();
  rmSync(scratch, { recursive: true });
}
