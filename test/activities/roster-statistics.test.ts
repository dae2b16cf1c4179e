import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createRosterActivities } from '../../activities/roster.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { openDatabase, openKeyring } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { generatedSchool } from '../support/roster.ts';
import { inActivity, useRosters } from '../support/roster-school.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

describe('activities/roster and the statistics of other schools', function () {
  this.timeout(120_000);
  const bench = useRosters();
  const vault = useVault();

  async function backends(knex: Knex): Promise<number[]> {
    const rows = await knex('pg_stat_activity').whereRaw('datname = current_database()').select<{ pid: number }[]>('pid');
    return rows.map(({ pid }) => pid);
  }
  /** Rows that index scans have found in a database, as far as its backends have told. */
  async function rowsRead(knex: Knex): Promise<number> {
    const [row] = await knex('pg_stat_user_indexes').sum<{ sum: string }[]>('idx_tup_read');
    return Number(row?.sum);
  }

  it('reads a row a few times, however many rows of a school there are that the planner has not heard of', async () => {
    const files = generatedSchool(1_200);
    for (const _ of ['one', 'another']) await bench.importFiles(await bench.school(), files);
    const { owner, keyringOwner } = bench.databases;
    for (const knex of [owner, keyringOwner]) await knex.raw('analyze');
    const [tenantId, uploadId] = [await bench.school(), await bench.upload(files)];
    const [known, before] = [
      await Promise.all([owner, keyringOwner].map(backends)),
      await Promise.all([owner, keyringOwner].map(rowsRead)),
    ];

    const [main, ring] = [openDatabase(bench.databases.urls.main), openKeyring(bench.databases.urls.keyring)];
    const keyring = createKeyring({ knex: ring, vault: vault.vault });
    const { importRoster } = createRosterActivities({ knex: main, keyring, storage: bench.storage });
    const { rows } = await inActivity(importRoster, { tenantId, uploadTenantId: platformTenantId, uploadId, runId: newId() });
    // What a backend has counted is told when it ends.
    await Promise.all([main.destroy(), ring.destroy()]);
    for (const [at, knex] of [owner, keyringOwner].entries()) {
      await until(async () => (await backends(knex)).every((pid) => known[at]?.includes(pid)));
      const read = (await rowsRead(knex)) - (before[at] ?? 0);
      assert.ok(read < rows * 20, `${read} rows were read to import ${rows}`);
    }
  });
});
