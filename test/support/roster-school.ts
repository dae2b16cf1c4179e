import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Knex } from 'knex';
import { createRosterActivities, type RosterActivities, type RosterDeps } from '../../activities/roster.ts';
import { platformTenantId } from '../../domain/roles.ts';
import type { RosterImported } from '../../domain/roster/counts.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { Person } from '../../platform/models/person.ts';
import { openRow } from '../../platform/pii.ts';
import { reportKeyOf } from '../../platform/roster/report.ts';
import { createUploads, type Uploads } from '../../platform/roster/uploads.ts';
import { createStorage, type Storage } from '../../platform/storage.ts';
import { useDatabases, type Databases } from './database.ts';
import { type Files, zipOf } from './roster.ts';
import { servers } from './servers.ts';
import { useVault } from './vault.ts';

export interface RosterBench {
  readonly databases: Databases;
  readonly keyring: Keyring;
  readonly storage: Storage;
  readonly uploads: Uploads;
  readonly activities: RosterActivities;
  /** Activities with other parts: small batches, a store that fails. */
  activitiesWith(deps: Partial<RosterDeps>): RosterActivities;
  /** A school that has nothing yet but its key and its bucket. Returns its id. */
  school(): Promise<string>;
  upload(files: Files): Promise<string>;
  /** Uploads and imports. */
  importFiles(tenantId: string, files: Files, runId?: string): Promise<RosterImported>;
  /** Everybody of a school, opened, by source of their name. */
  people(tenantId: string): Promise<Record<string, PlainPerson>>;
  report(tenantId: string, runId: string): Promise<string>;
  count(knex: Knex, tenantId: string, table: string, where?: Record<string, unknown>): Promise<number>;
}
export type PlainPerson = Pick<Person, 'id' | 'status' | 'roles' | 'grade' | 'version'> & Readonly<Record<string, unknown>>;

/** Failures are what many tests are about: they need no warning. */
export const quietEnvironment = (info: { attempt?: number; heartbeatDetails?: unknown } = {}): MockActivityEnvironment =>
  new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });

export const inActivity = <A, R>(work: (input: A) => Promise<R>, input: A, environment = quietEnvironment()): Promise<R> =>
  environment.run<[A], R, (input: A) => Promise<R>>(work, input);

/** Call in a `describe`: real databases, vault and store, with what rosters need on top. */
export function useRosters(): RosterBench {
  const databases = useDatabases();
  const vault = useVault();
  const bench = {} as { -readonly [K in keyof RosterBench]: RosterBench[K] };
  const buckets = new Set<string>();
  before(async function () {
    this.timeout(60_000);
    const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    const storage = createStorage(servers().s3);
    const deps: RosterDeps = { knex: databases.main, keyring, storage };
    Object.assign(bench, {
      databases,
      keyring,
      storage,
      uploads: createUploads({ main: databases.main, keyring, storage }),
      activities: createRosterActivities(deps),
      activitiesWith: (other: Partial<RosterDeps>) => createRosterActivities({ ...deps, ...other }),
    });
  });
  // After each test, not at the end: a store reserves room for each bucket.
  afterEach(async () => {
    for (const bucket of buckets) await bench.storage.removeBucket(bucket);
    buckets.clear();
  });

  bench.school = async () => {
    const id = newId();
    await vault.vault.createTenantKey(id);
    const tenant = { id, slug: `s-${id.slice(-12)}`, name: 'School', region: 'eu', plan: 'school', status: 'onboarding' };
    await inPlatform(databases.main, (trx) => trx('tenants').insert(tenant));
    await bench.storage.ensureBucket(bucketOf(id));
    buckets.add(bucketOf(id));
    return id;
  };
  bench.upload = async (files) => {
    const body = Readable.from([await zipOf(files)]);
    return (await bench.uploads.receive({ tenantId: platformTenantId, accountId: newId(), requestId: newId(), body })).id;
  };
  bench.importFiles = async (tenantId, files, runId = newId()) => {
    const uploadId = await bench.upload(files);
    return inActivity(bench.activities.importRoster, { tenantId, uploadTenantId: platformTenantId, uploadId, runId });
  };
  bench.people = async (tenantId) => {
    const rows = await inTenant(databases.main, tenantId, async (trx) => Person.query(trx).where({ tenant_id: tenantId }));
    const sealer = await bench.keyring.sealer(
      tenantId,
      rows.map(({ id }) => id),
    );
    const plain = rows.map(({ id, status, roles, grade, version, ...row }): PlainPerson => {
      const opened = openRow(sealer, Person.pii, { table: Person.tableName, tenantId, subjectId: id, rowId: id }, row);
      return { id, status, roles, grade, version, ...opened };
    });
    return Object.fromEntries(plain.map((person) => [String(person['display_name']), person]));
  };
  bench.report = async (tenantId, runId) => text(await bench.storage.getStream(bucketOf(tenantId), reportKeyOf(runId)));
  bench.count = async (knex, tenantId, table, where = {}) =>
    inTenant(knex, tenantId, async (trx) =>
      Number(
        (
          await trx(table)
            .where({ tenant_id: tenantId, ...where })
            .count()
        )[0]?.['count'],
      ),
    );
  return bench;
}
