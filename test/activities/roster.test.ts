import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { platformTenantId } from '../../domain/roles.ts';
import type { RosterImported } from '../../domain/roster/counts.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { csv, type Files, small } from '../support/roster.ts';
import { inActivity, quietEnvironment, useRosters } from '../support/roster-school.ts';

const delta = (created: number, updated = 0, unchanged = 0, deactivated = 0) => ({ created, updated, unchanged, deactivated });
const deltas = ({ orgUnits, people, classes, enrollments, guardianships }: RosterImported) => ({
  orgUnits,
  people,
  classes,
  enrollments,
  guardianships,
});
const real = new URL('../../../shared/data/roster/', import.meta.url);

describe('activities/roster', function () {
  this.timeout(30_000);
  const bench = useRosters();

  it('imports a roster of each format, sealed, and the same school comes out', async () => {
    for (const [name, format, guardians, guardianships] of [
      ['v1', 'sds-v1', 1, 1],
      ['v2', 'sds-v2', 0, 0],
      ['v21', 'sds-v2.1', 1, 1],
      ['oneRoster', 'one-roster-1.1', 2, 2],
    ] as const) {
      const tenantId = await bench.school();
      const imported = await bench.importFiles(tenantId, small[name]);
      assert.equal(imported.format, format);
      assert.deepEqual([imported.people, imported.classes, imported.enrollments], [delta(3 + guardians), delta(1), delta(3)]);
      assert.equal(imported.guardianships.created + imported.guardianships.unchanged, imported.guardianships.created);
      assert.equal(await bench.count(bench.databases.main, tenantId, 'guardianships'), guardianships);
      assert.equal(imported.badRows, 0);
      const people = await bench.people(tenantId);
      const zoe = people["Zoë O'Brien, jr."];
      assert.deepEqual([zoe?.['family_name'], zoe?.roles, zoe?.status], ["O'Brien, jr.", ['student'], 'active']);
      assert.equal(people['Ora Klein']?.['date_of_birth'] ?? '2000-04-02', '2000-04-02');
    }
  });

  it('keeps nothing in the main cluster that names anybody, and no password anywhere', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v21);
    for (const [knex, tables] of [
      [bench.databases.main, ['people', 'enrollments', 'guardianships', 'roster_imports', 'uploads', 'audit_log']],
      [bench.databases.keyring, ['blind_indexes', 'subject_keys']],
    ] as const)
      for (const table of tables) {
        const { rows } = await inTenant(knex, tenantId, (trx) =>
          trx.raw<{ rows: { text: string }[] }>(`select row::text as text from ${table} as row`),
        );
        const dump = rows
          .map(({ text }) => text.replaceAll(/\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString('latin1')))
          .join('\n');
        assert.doesNotMatch(dump, /Klein|Brien|Beane|families|hunter2|15550001|2000-04/i, table);
      }
    assert.deepEqual(
      Object.values(await bench.people(tenantId))
        .flatMap((person) => Object.values(person))
        .filter((value) => String(value).includes('hunter2')),
      [],
    );
  });

  it('treats a second import as what has changed', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v21);
    const before = await bench.people(tenantId);
    const same = await bench.importFiles(tenantId, small.v21);
    assert.deepEqual(deltas(same), {
      orgUnits: delta(0, 0, 2),
      people: delta(0, 0, 4),
      classes: delta(0, 0, 1),
      enrollments: delta(0, 0, 3),
      guardianships: delta(0, 0, 1),
    });

    const changed = {
      ...small.v21,
      'users.csv': small.v21['users.csv']
        .replace('Beane', 'Beane-Smith')
        .replace(/^2,.*$/m, '5,new@school.example,New,Comer,hunter2-N,,,,'),
      'classes.csv': small.v21['classes.csv'].replace('Algebra 1', 'Algebra I'),
      'enrollments.csv': small.v21['enrollments.csv'].replace('100,2,student', '100,5,student'),
    };
    const second = await bench.importFiles(tenantId, changed);
    assert.deepEqual(deltas(second), {
      orgUnits: delta(0, 0, 2),
      people: delta(1, 1, 2, 1),
      classes: delta(0, 1),
      enrollments: delta(1, 0, 2, 1),
      guardianships: delta(0, 0, 1),
    });
    const after = await bench.people(tenantId);
    assert.equal(after['Craig Beane-Smith']?.id, before['Craig Beane']?.id);
    assert.equal(after["Zoë O'Brien, jr."]?.status, 'inactive');

    const back = await bench.importFiles(tenantId, small.v21);
    assert.deepEqual(back.people, delta(0, 2, 2, 1));
    assert.equal((await bench.people(tenantId))["Zoë O'Brien, jr."]?.id, before["Zoë O'Brien, jr."]?.id);
  });

  it('empties what a person no longer has', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v21);
    await bench.importFiles(tenantId, { ...small.v21, 'users.csv': small.v21['users.csv'].replaceAll('+15550001', '') });
    assert.equal((await bench.people(tenantId))['Jean Klein']?.['phone'], null);
  });

  it('leaves people, classes and places alone that no roster made, and kinds the roster has no file for', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v21);
    await inTenant(bench.databases.main, tenantId, (trx) =>
      trx('people').insert({ id: newId(), tenant_id: tenantId, source: 'invitation' }),
    );
    const { 'relationships.csv': _, ...rest } = small.v21;
    const { people, guardianships } = await bench.importFiles(tenantId, rest);
    assert.deepEqual([people.deactivated, guardianships.deactivated], [0, 0]);
    assert.equal(await bench.count(bench.databases.main, tenantId, 'people', { status: 'active', source: 'invitation' }), 1);
  });

  it('reports bad rows by file, line and reason without a value of theirs, be it a formula, and keeps the good ones', async () => {
    const [tenantId, runId] = [await bench.school(), newId()];
    const files = {
      ...small.v21,
      'users.csv':
        small.v21['users.csv'] + csv('6,six,Secret,Person,pw,,"=HYPERLINK(""http://evil.example"")",,', '1,again,Ora,Twice,pw,,,,'),
      'classes.csv': small.v21['classes.csv'] + csv('101,77,Nowhere,SY,C1'),
      'enrollments.csv':
        small.v21['enrollments.csv'] + csv('100,@SUM(1+1),student', '+999,1,student', "100,1,=cmd|' /C calc'!A0", '100,1,student'),
      'relationships.csv': small.v21['relationships.csv'] + csv('1,888,guardian'),
      'demographics.csv': small.v21['demographics.csv'] + csv('3,,yesterday'),
    };
    const imported = await bench.importFiles(tenantId, files, runId);
    assert.deepEqual([imported.people.created, imported.classes.created, imported.enrollments.created, imported.badRows], [4, 1, 3, 8]);
    assert.equal(
      await bench.report(tenantId, runId),
      [
        'file,line,reason',
        'demographics.csv,4,birth date is not a date',
        'users.csv,6,email is not an address',
        'users.csv,7,duplicate id within the roster',
        'classes.csv,3,refers to an organisation that does not exist',
        'enrollments.csv,5,refers to a person who does not exist',
        'enrollments.csv,6,refers to a class that does not exist',
        'enrollments.csv,7,unknown role',
        'relationships.csv,3,refers to a person who does not exist',
        '',
      ].join('\n'),
    );
    assert.deepEqual(await bench.storage.list(bucketOf(tenantId)), [`roster-reports/${runId}.csv`]);
  });

  it('reports ten thousand bad rows and counts the rest', async () => {
    const [tenantId, runId] = [await bench.school(), newId()];
    const rows = Array.from({ length: 10_050 }, (_, index) => `100,nobody-${index},student`);
    const { badRows } = await bench.importFiles(
      tenantId,
      { ...small.v2, 'enrollments.csv': csv('classSourcedId,userSourcedId,role', ...rows) },
      runId,
    );
    assert.equal(badRows, 10_050);
    const lines = (await bench.report(tenantId, runId)).trimEnd().split('\n');
    assert.equal(lines.length, 10_002);
    assert.equal(lines.at(-1), ',,50 more bad rows are not listed');
  });

  it('keeps a person as they were known when their row turns bad', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v2);
    const users = small.v2['users.csv'].replace('Professor', 'Wizard').replace(/^2,10,Zoë.*$/m, '2,10,,,z,pw,student,9');
    const { people, enrollments, badRows } = await bench.importFiles(tenantId, { ...small.v2, 'users.csv': users });
    assert.deepEqual([people, enrollments, badRows], [delta(0, 0, 1), delta(0, 0, 3), 2]);
    assert.equal((await bench.people(tenantId))["Zoë O'Brien, jr."]?.status, 'active');
  });

  it('does not revive a person who was erased, and writes one anew whom the main cluster lost', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v2);
    const { 'Ora Klein': ora, 'Craig Beane': craig } = await bench.people(tenantId);
    await inTenant(bench.databases.main, tenantId, async (trx) => {
      await trx('people').where({ id: ora?.id }).update({ status: 'erased', display_name: null });
      await trx('people').where({ id: craig?.id }).delete();
    });
    const { people } = await bench.importFiles(tenantId, { ...small.v2, 'users.csv': small.v2['users.csv'].replace('Ora', 'Aro') });
    assert.equal(people.created, 1);
    assert.equal((await bench.people(tenantId))['Craig Beane']?.id, craig?.id);
    assert.equal(await bench.count(bench.databases.main, tenantId, 'people', { status: 'erased' }), 1);
  });

  it('records every batch in the audit log', async () => {
    const [tenantId, runId] = [await bench.school(), newId()];
    await bench.importFiles(tenantId, small.v2, runId);
    const entries = await inTenant(bench.databases.main, tenantId, (trx) =>
      trx<{ action: string; run_id: string }>('audit_log').orderBy('seq').select('action', 'run_id'),
    );
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['roster.write-orgunits', 'roster.write-people', 'roster.write-classes', 'roster.write-enrollments', 'roster.import'],
    );
    assert.ok(entries.every(({ run_id }) => run_id === runId));
  });

  if (existsSync(real))
    for (const [name, people, classes, enrollments] of [
      ['sds-format-100-users', 98, 28, 630],
      ['sds-v2', 29, 4, 29],
      ['sds-v2.1', 8, 2, 6],
    ] as const)
      it(`imports the published ${name} as it is`, async () => {
        const folder = new URL(`${name}/`, real);
        const files: Files = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder))]));
        const [tenantId, runId] = [await bench.school(), newId()];
        const imported = await bench.importFiles(tenantId, files, runId);
        assert.deepEqual(
          [imported.people, imported.classes, imported.enrollments, imported.badRows],
          [delta(people), delta(classes), delta(enrollments), 0],
        );
        assert.equal(await bench.report(tenantId, runId), 'file,line,reason\n');
      });

  it('checks an upload and refuses one that is gone, expired or no roster', async () => {
    const { checkRoster } = bench.activities;
    const check = (uploadId: string) => inActivity(checkRoster, { tenantId: platformTenantId, uploadId });
    const uploadId = await bench.upload(small.v2);
    assert.deepEqual((await check(uploadId)).totals, { rows: 8, people: 3, classes: 1, enrollments: 3 });
    await inTenant(bench.databases.main, platformTenantId, (trx) =>
      trx('uploads')
        .where({ id: uploadId })
        .update({ expires_at: new Date(0) }),
    );
    await assert.rejects(check(uploadId), { code: 'upload-missing' });
    await assert.rejects(check(newId()), { code: 'upload-missing' });
    await assert.rejects(check(await bench.upload({ 'a.csv': 'b' })), { code: 'unknown-roster-format' });
  });

  it('removes an upload with its key, however often it is asked', async () => {
    const uploadId = await bench.upload(small.v2);
    const input = { tenantId: platformTenantId, uploadId };
    const row = await bench.uploads.find(platformTenantId, uploadId);
    const held = Buffer.from(await bench.storage.getRange(row?.bucket ?? '', row?.object_key ?? '', 0, 100)).toString('latin1');
    assert.equal(held.includes('PK') && held.includes('.csv'), false);
    for (const _ of [1, 2]) await inActivity(bench.activities.deleteUpload, input);
    assert.equal(await bench.storage.size(row?.bucket ?? '', row?.object_key ?? ''), undefined);
    assert.equal((await bench.keyring.sealer(platformTenantId, [uploadId])).has(uploadId), false);
    await assert.rejects(inActivity(bench.activities.checkRoster, input), { code: 'upload-missing' });
    await inActivity(bench.activities.deleteUpload, { ...input, uploadId: newId() });
  });

  it('answers a finished import again, also when the upload is gone', async () => {
    const [tenantId, runId, uploadId] = [await bench.school(), newId(), await bench.upload(small.v2)];
    const input = { tenantId, uploadTenantId: platformTenantId, uploadId, runId };
    const first = await inActivity(bench.activities.importRoster, input);
    await inActivity(bench.activities.deleteUpload, { tenantId: platformTenantId, uploadId });
    assert.deepEqual(await inActivity(bench.activities.importRoster, input), first);
  });

  it('undoes a first import and leaves nothing of it, however far it came', async () => {
    for (const stopAt of [3, 6, 9, Infinity]) {
      const [tenantId, runId] = [await bench.school(), newId()];
      const { importRoster, removeImported } = bench.activitiesWith({ batchRows: { people: 1, enrollments: 1 } });
      const environment = quietEnvironment();
      let beats = 0;
      environment.on('heartbeat', () => void (++beats === stopAt && environment.cancel()));
      const input = { tenantId, uploadTenantId: platformTenantId, uploadId: await bench.upload(small.v21), runId };
      const running = inActivity(importRoster, input, environment);
      await (stopAt === Infinity ? running : assert.rejects(running));
      for (const _ of [1, 2]) await inActivity(removeImported, { tenantId, runId });
      for (const table of ['people', 'classes', 'enrollments', 'guardianships', 'org_units'])
        assert.equal(await bench.count(bench.databases.main, tenantId, table), 0, table);
      for (const table of ['subject_keys', 'blind_indexes'])
        assert.equal(await bench.count(bench.databases.keyring, tenantId, table), 0, table);
      assert.deepEqual(await bench.storage.list(bucketOf(tenantId)), []);
      await assert.rejects(inActivity(importRoster, input), /not where this attempt left it/, 'an undone import does not start again');
    }
  });

  it('leaves a school its people and their keys when a later import is undone, and when the first is then', async () => {
    const [tenantId, firstId, laterId] = [await bench.school(), newId(), newId()];
    await bench.importFiles(tenantId, small.v2, firstId);
    await bench.importFiles(tenantId, small.v2, laterId);
    for (const runId of [laterId, firstId, newId()]) {
      await inActivity(bench.activities.removeImported, { tenantId, runId });
      assert.equal(Object.keys(await bench.people(tenantId)).length, 3);
    }
  });
});
