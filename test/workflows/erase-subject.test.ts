import assert from 'node:assert/strict';
import { inTenant } from '../../platform/database.ts';
import { Person } from '../../platform/models/person.ts';
import { addMember, addPerson } from '../support/school.ts';
import { useErasures } from './support/erase-world.ts';

describe('workflows/erase-subject', function () {
  this.timeout(120_000);
  const erasures = useErasures();
  const verification = { how: 'in-person' };
  const personOf = async (name: string) => {
    const [school] = erasures.schools;
    const personId = await addPerson(erasures, school.id, { display_name: `${name} Lovelace`, email: `${name}@family.example` }, [
      'guardian',
    ]);
    return { personId, member: await addMember(erasures, school.id, 'guardian', personId) };
  };
  const start = async (input: object) => {
    const { status, body } = await erasures.send('/v1/processes/erase-subject/runs', {
      as: 'tenant_admin',
      method: 'POST',
      body: { requestedBy: 'subject', ...input },
    });
    return { status, body, id: String(body?.['id']) };
  };

  it('erases a person from every table, ends their sign-ins and says what it did', async () => {
    await erasures.setPolicy({ cooling_off_days: 0, needs_confirmation: false, needs_approval: false });
    const { personId, member } = await personOf('ada');
    const { status, id, body } = await start({ personId, verification });
    assert.equal(status, 202, JSON.stringify(body));
    const result = (await erasures.handleOf(id, personId).result()) as Record<string, unknown>;
    assert.equal(result['outcome'], 'erased');
    const { body: request } = await erasures.send(`/v1/privacy/requests/${id}`, { as: 'tenant_admin' });
    assert.equal(request?.['status'], 'final');
    const row = await inTenant(erasures.main, erasures.schools[0].id, async (trx) => Person.query(trx).findById(personId));
    assert.equal(row?.status, 'erased');
    assert.equal(row.display_name, null);
    const { status: after } = await erasures.send('/v1/me', { token: member.accessToken });
    assert.equal(after, 401);
  });
});
