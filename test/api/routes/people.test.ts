import assert from 'node:assert/strict';
import type { Role } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Person } from '../../../platform/models/person.ts';
import type { Json } from '../../support/http.ts';
import { useApi } from '../../support/api.ts';
import { addPerson } from '../../support/school.ts';

const idsOf = (body: Json): string[] => (body['items'] as unknown as { id: string }[]).map(({ id }) => id);

describe('people and classes', () => {
  const api = useApi();
  const personOf = (role: Role, school: 0 | 1 = 0): string => api.member(role, school).personId ?? '';

  it('are opened for those who may see everybody, and page without gap or repeat', async () => {
    const seen: string[] = [];
    let path = '/v1/people?limit=2';
    for (let pages = 0; path && pages < 10; pages += 1) {
      const { body } = await api.send(path, { as: 'teacher' });
      seen.push(...idsOf(body));
      path = 'nextCursor' in body ? `/v1/people?limit=2&cursor=${String(body['nextCursor'])}` : '';
    }
    const { body } = await api.send('/v1/people?limit=200', { as: 'tenant_admin' });
    assert.deepEqual(seen, idsOf(body));
    assert.deepEqual([seen.length, new Set(seen).size], [7, 7]);
    const names = (body['items'] as unknown as { displayName: string }[]).map(({ displayName }) => displayName);
    assert.ok(names.includes(`stranger of ${api.schools[0].slug}`) && names.every((name) => name.endsWith(api.schools[0].slug)));
  });

  it('filter by role, by class and by status', async () => {
    const ids = async (query: string) => idsOf((await api.send(`/v1/people?${query}`, { as: 'teacher' })).body).sort();
    assert.deepEqual(await ids('role=student'), [personOf('student'), api.schools[0].strangerId].sort());
    assert.deepEqual(await ids(`classId=${api.schools[0].classId}`), [personOf('student'), personOf('teacher')].sort());
    assert.deepEqual(await ids(`classId=${api.schools[1].classId}`), []);
    assert.deepEqual(await ids('status=left'), []);
  });

  it('refuse limits out of range, made-up cursors and unknown filters', async () => {
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'cursor=abc', 'cursor=JyBvciAxPTE', 'role=%27', 'tenant=1']) {
      assert.equal((await api.send(`/v1/people?${query}`, { as: 'teacher' })).status, 422, query);
    }
  });

  it('are oneself for a student, and one’s children too for a guardian', async () => {
    const listed = async (as: Role) => idsOf((await api.send('/v1/people', { as })).body).sort();
    assert.deepEqual(await listed('student'), [personOf('student')]);
    assert.deepEqual(await listed('guardian'), [personOf('guardian'), personOf('student')].sort());
    const child = await api.send(`/v1/people/${personOf('student')}`, { as: 'guardian' });
    assert.equal(child.body['contact']?.['email'], `student@${api.schools[0].slug}.example`);
    for (const as of ['student', 'guardian'] as const) {
      assert.equal((await api.send(`/v1/people/${api.schools[0].strangerId}`, { as })).status, 404);
    }
  });

  it('show contact data to the school’s admin and to oneself, not to a teacher', async () => {
    const contact = async (as: Role, id: string) =>
      (await api.send(`/v1/people/${id}`, { as })).body['contact'] as unknown as { email: string } | null;
    const { strangerId, slug } = api.schools[0];
    assert.equal((await contact('tenant_admin', strangerId))?.email, `stranger@${slug}.example`);
    assert.equal(await contact('teacher', strangerId), null);
    assert.equal((await contact('teacher', personOf('teacher')))?.email, `teacher@${slug}.example`);
  });

  it('of another school are not there', async () => {
    for (const id of [personOf('student', 1), api.schools[1].strangerId])
      assert.equal((await api.send(`/v1/people/${id}`, { as: 'tenant_admin' })).status, 404);
    assert.equal((await api.send(`/v1/classes/${api.schools[1].classId}`, { as: 'tenant_admin' })).status, 404);
    assert.deepEqual(idsOf((await api.send('/v1/classes', { as: 'teacher' })).body), [api.schools[0].classId]);
  });

  it('who were erased keep a row and lose their name', async () => {
    const id = await addPerson(api, api.schools[0].id, { display_name: 'Gone' }, ['student']);
    await api.keyring.destroySubjectKeys(api.schools[0].id, [id]);
    const { status, body } = await api.send(`/v1/people/${id}`, { as: 'tenant_admin' });
    assert.deepEqual([status, body['displayName'], body['contact']], [200, null, null]);
  });

  it('whose data is restricted are shown to themselves and their guardians alone', async () => {
    const id = personOf('student');
    const restrict = (by: string | null) =>
      inTenant(api.main, api.schools[0].id, async (trx) => Person.query(trx).where({ id }).patch({ restricted_by: by }));
    await restrict(newId());
    for (const as of ['tenant_admin', 'teacher'] as const) {
      const { status, body } = await api.send(`/v1/people/${id}`, { as });
      assert.deepEqual([status, body['type']], [423, 'https://errors.toolbox.example/person-restricted']);
      const listed = (await api.send('/v1/people?role=student', { as })).body['items'] as unknown as Record<string, unknown>[];
      const shown = listed.find((each) => each['id'] === id);
      assert.deepEqual([shown?.['restricted'], shown?.['displayName']], [true, null]);
    }
    for (const as of ['student', 'guardian'] as const) assert.equal((await api.send(`/v1/people/${id}`, { as })).status, 200, as);
    await restrict(null);
    assert.equal((await api.send(`/v1/people/${id}`, { as: 'teacher' })).status, 200);
  });

  it('in classes: a student and a guardian see theirs, and how many are in one', async () => {
    for (const as of ['student', 'guardian', 'teacher'] as const) {
      const { body } = await api.send(`/v1/classes/${api.schools[0].classId}`, { as });
      assert.deepEqual([body['title'], body['members']], ['Algebra', { student: 1, teacher: 1 }]);
      assert.deepEqual(body['actions'], as === 'teacher' ? ['list-people'] : []);
    }
    const outsider = await api.send('/v1/classes', { as: 'guardian', school: 1 });
    assert.deepEqual(idsOf(outsider.body), [api.schools[1].classId]);
  });
});
