import assert from 'node:assert/strict';
import { newId } from '../../platform/ids.ts';
import { Person } from '../../platform/models/person.ts';
import { rectifiable } from '../../domain/privacy/rectifiable.ts';
import rectifySubject from '../../processes/rectify-subject.ts';
import { openedHistory } from '../support/opened-history.ts';
import { useCorrecting } from './support/correcting.ts';
import { failureOf } from './support/runs.ts';
import { statesOf } from './support/world.ts';

/** A good value for each field there is. */
const all = {
  displayName: 'Zoë O’Brien',
  givenName: 'Zoë',
  middleName: 'Mae',
  familyName: 'O’Brien',
  username: 'zoe.o',
  email: 'zoe.obrien@lincoln.example',
  phone: '+1 555 0100',
  address: '1 Main Street, Springfield',
  dateOfBirth: '2012-02-29',
  governmentId: 'L-123',
  studentNumber: 'S-77',
  robloxUserId: '1234567890',
  location: 'Springfield',
  billingIdentity: 'O’Brien family',
  guardianContact: 'Mo O’Brien, mo@obrien.example',
};

describe('workflows/rectify-subject', function () {
  this.timeout(60_000);
  const correcting = useCorrecting();

  it('can set each personal field of a person, and says which places hold the new values', async () => {
    assert.deepEqual(Object.values<string>(rectifiable).sort(), Object.keys(Person.pii).sort());
    assert.ok(rectifySubject.input.safeParse({ personId: newId(), corrections: all }).success);
    const { tenantId, personId } = await correcting.pupil();
    await correcting.run('rectifySubject', { tenantId, personId, corrections: all }, async ({ handle, ends }) => {
      const { corrected, indexes } = (await handle.result()) as { corrected: string[]; indexes: string[] };
      assert.deepEqual([corrected.length, indexes], [15, []]);
      assert.ok(corrected.includes('people.guardian_contact'));
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'correct done, update-indexes done, discard-input done');
      const history = JSON.stringify(await openedHistory(handle));
      for (const secret of ['Brien', '2012-02-29', '1234567890', 'Springfield']) assert.ok(!history.includes(secret), secret);
    });
    const { plain } = await correcting.read(tenantId, personId);
    for (const [field, column] of Object.entries(rectifiable)) assert.equal(plain[column], all[field as keyof typeof all], field);
    assert.deepEqual([await correcting.actions(tenantId), await correcting.inputsLeft(tenantId)], [['person.rectify'], 0]);
  });

  it('removes what is set to null, and lets the person be found by the new value where they were by the old one', async () => {
    const { tenantId, personId } = await correcting.pupil();
    const index = await correcting.making.keyring.blindIndex(tenantId);
    await index.put('email', [{ hmac: index.hmac('email', 'zoe@lincoln.example'), subjectId: personId }]);
    const corrections = { displayName: null, email: 'new@lincoln.example' };
    const { indexes } = await correcting.run('rectifySubject', { tenantId, personId, corrections }, async ({ handle }) => {
      return (await handle.result()) as { indexes: string[] };
    });
    const found = await index.find('email', [index.hmac('email', 'zoe@lincoln.example'), index.hmac('email', 'new@lincoln.example')]);
    assert.deepEqual([indexes, [...found.values()].map(({ subjectId }) => subjectId)], [['email'], [personId]]);
    const { row, plain } = await correcting.read(tenantId, personId);
    assert.deepEqual([plain.display_name, plain.email, row.rectified_fields], [null, 'new@lincoln.example', ['display_name', 'email']]);
  });

  it('is refused before it starts when a field is unknown or a value has no good form, all of them at once', () => {
    const corrections = { email: 'nobody', dateOfBirth: '2012-02-30', robloxUserId: '-1', phone: 'x', displayName: ' ', shoeSize: '40' };
    const { error } = rectifySubject.input.safeParse({ personId: newId(), corrections });
    const told = error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n') ?? '';
    for (const field of Object.keys(corrections)) assert.ok(told.includes(field), `${field} in ${told}`);
    assert.ok(!rectifySubject.input.safeParse({ personId: newId(), corrections: {} }).success);
  });

  it('refuses another school’s person and who was erased, and keeps nothing of the input', async () => {
    const [one, other] = [await correcting.pupil(), await correcting.pupil()];
    const corrections = { displayName: 'X' };
    const code = (given: { tenantId: string; personId: string }) =>
      correcting.run(
        'rectifySubject',
        { ...given, corrections },
        async ({ handle }) => ((await failureOf(handle)) as { type?: string }).type,
      );
    assert.equal(await code({ tenantId: one.tenantId, personId: other.personId }), 'not-found');
    await correcting.making.keyring.destroySubjectKeys(one.tenantId, [one.personId]);
    assert.equal(await code(one), 'key-destroyed');
    assert.equal(await correcting.inputsLeft(one.tenantId), 0);
  });
});
