import assert from 'node:assert/strict';
import onboardSchool from '../../processes/onboard-school.ts';
import { personalPaths, splitPersonal } from '../../processes/support/personal.ts';

describe('processes/onboard-school', () => {
  const input = {
    slug: 'lincoln-high',
    name: 'Lincoln High',
    region: 'eu',
    plan: 'school',
    adminEmail: 'ada@lincoln.example',
    adminName: 'Ada Lovelace',
  };
  const issuesOf = (change: object): string[] => [
    ...new Set(onboardSchool.input.safeParse({ ...input, ...change }).error?.issues.map(({ path }) => path.join('.'))),
  ];

  it('takes the least there is to say, and invites the staff unless told not to', () => {
    assert.deepEqual(onboardSchool.input.parse(input), { ...input, inviteStaff: true });
  });

  it('leaves nothing of the administrator in what travels to Temporal', () => {
    const { plain, personal } = splitPersonal(onboardSchool.input, onboardSchool.input.parse(input));
    assert.deepEqual(personal, { adminEmail: 'ada@lincoln.example', adminName: 'Ada Lovelace' });
    assert.ok(!JSON.stringify(plain).includes('Ada') && !JSON.stringify(plain).includes('ada@'));
    assert.deepEqual(
      personalPaths(onboardSchool.input).map(({ pii }) => pii),
      ['email', 'name'],
    );
  });

  it('names what is wrong', () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ slug: 'Lincoln High' }, 'slug'],
      [{ name: 'Lincoln\nHigh' }, 'name'],
      [{ region: 'mars' }, 'region'],
      [{ timeZone: 'Europe/Atlantis' }, 'timeZone'],
      [{ locale: 'not a locale' }, 'locale'],
      [{ adminEmail: 'ada' }, 'adminEmail'],
      [{ adminName: ' ' }, 'adminName'],
      [{ rosterUploadId: '1' }, 'rosterUploadId'],
    ];
    for (const [change, field] of wrong) assert.deepEqual(issuesOf(change), [field]);
  });

  it('lets an unknown plan through, to be refused by name', () => {
    assert.deepEqual(issuesOf({ plan: 'gold' }), []);
  });

  it('is one at a time for a slug', () => {
    assert.deepEqual(
      [onboardSchool.businessKey(onboardSchool.input.parse(input), 'any'), onboardSchool.conflict],
      ['lincoln-high', 'refuse'],
    );
  });
});
