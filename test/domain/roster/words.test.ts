import assert from 'node:assert/strict';
import { gradeOf, isEmail, isoDate, kindOf, relationshipOf, roleOf } from '../../../domain/roster/words.ts';

describe('domain/roster/words', () => {
  for (const [text, date] of [
    ['2001-07-02', '2001-07-02'],
    ['2001-7-2', '2001-07-02'],
    ['2001-07-02T00:00:00Z', '2001-07-02'],
    ['4/2/2000', '2000-04-02'],
    ['12/31/1999', '1999-12-31'],
    ['2/29/2012', '2012-02-29'],
    ['2/29/2013', undefined],
    ['31/12/1999', undefined],
    ['2001-02-30', undefined],
    ['0999-01-01', undefined],
    ['01.02.2001', undefined],
    ['soon', undefined],
    ['', undefined],
  ] as const)
    it(`reads the date "${text}" as ${date ?? 'none'}`, () => assert.equal(isoDate(text), date));

  for (const [word, role] of [
    ['Student', 'student'],
    ['PROFESSOR', 'teacher'],
    ['teaching assistant', 'teacher'],
    ['Staff', 'teacher'],
    ['principal', 'teacher'],
    ['parent', 'guardian'],
    ['System_Administrator', 'tenant_admin'],
    ['wizard', undefined],
    ['super_admin', undefined],
    ['', undefined],
  ] as const)
    it(`takes the role "${word}" for ${role ?? 'none'}`, () => assert.equal(roleOf(word), role));

  it('knows an address from what is none', () => {
    for (const text of ['a@b.example', "o'neil+x@sub.school.example", 'zoë@schüle.example']) assert.ok(isEmail(text), text);
    for (const text of [
      'a@b',
      'a b@c.example',
      'a@b@c.example',
      '@b.example',
      'a@.example',
      'a@b.example,c@d.example',
      `${'x'.repeat(250)}@b.example`,
      '',
    ])
      assert.ok(!isEmail(text), text);
  });

  it('lets nothing but short words into columns that are not encrypted', () => {
    assert.deepEqual(['9', 'PS1', 'K-12', 'see Ora Klein, call +1 555 0001 first'].map(gradeOf), ['9', 'PS1', 'K-12', undefined]);
    assert.deepEqual(['Parent', 'emergency contact', 'Ora says: aunt', ''].map(relationshipOf), [
      'parent',
      'emergencycontact',
      'other',
      'guardian',
    ]);
    assert.deepEqual(['ministryOfEducation', 'School 9', ''].map(kindOf), ['ministryofeducation', 'school', 'school']);
  });
});
