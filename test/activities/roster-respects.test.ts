import assert from 'node:assert/strict';
import { createRestrictionActivities } from '../../activities/restriction.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Person } from '../../platform/models/person.ts';
import { type Files, small } from '../support/roster.ts';
import { useRosters } from '../support/roster-school.ts';

const renamed = (files: Files, from: string, to: string): Files =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, String(text).replaceAll(from, to)]));

describe('a roster', function () {
  this.timeout(60_000);
  const bench = useRosters();
  const nameOf = 'Ora Klein';

  it('does not undo what a person had corrected, and goes on with the rest', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v21);
    const before = (await bench.people(tenantId))[nameOf];
    assert.ok(before);
    await inTenant(bench.databases.main, tenantId, async (trx) =>
      Person.query(trx)
        .where({ id: before.id })
        .patch({ rectified_fields: ['family_name', 'display_name'] }),
    );
    await bench.importFiles(tenantId, renamed(small.v21, 'Klein', 'Gross'));
    const after = (await bench.people(tenantId))[nameOf];
    assert.deepEqual([after?.id, after?.['family_name'], after?.status], [before.id, 'Klein', 'active']);
  });

  it('changes nothing of a person whose data is restricted, does not end them, and is heard when that is lifted', async () => {
    const tenantId = await bench.school();
    await bench.importFiles(tenantId, small.v21);
    const before = (await bench.people(tenantId))[nameOf];
    assert.ok(before);
    const restriction = createRestrictionActivities({ knex: bench.databases.main, keyring: bench.keyring });
    const run = { runId: newId(), tenantId, startedBy: newId(), requestId: newId() };
    const enrolled = () => bench.count(bench.databases.main, tenantId, 'enrollments', { person_id: before.id, status: 'active' });
    const places = await enrolled();
    await restriction.restrictPerson({ run, personId: before.id, reason: 'accuracy-contested' });
    const changed = renamed(small.v21, 'Klein', 'Gross');
    await bench.importFiles(tenantId, changed);
    const held = (await bench.people(tenantId))[nameOf];
    assert.deepEqual([held?.id, held?.status, await enrolled()], [before.id, 'active', places]);
    await restriction.liftRestriction({ run, personId: before.id });
    await bench.importFiles(tenantId, changed);
    const people = Object.values(await bench.people(tenantId));
    assert.equal(people.find(({ id }) => id === before.id)?.['family_name'], 'Gross');
  });
});
