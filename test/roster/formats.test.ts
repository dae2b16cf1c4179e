import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { RosterKind, RosterRecords } from '../../domain/roster/records.ts';
import { createSeen, readBatches, type Reading, readSides } from '../../platform/roster/read-batches.ts';
import { checkRoster, type RosterSource } from '../../platform/roster/source.ts';
import { csv, type Files, rosterOf, small } from '../support/roster.ts';

type Everything = { [K in RosterKind]: RosterRecords[K][] } & { bad: string[]; keep: string[] };

async function readAll(source: RosterSource): Promise<Everything> {
  const { facts, bad } = await readSides(source, 100, () => undefined);
  const seen = createSeen();
  const all: Everything = { orgUnits: [], people: [], classes: [], enrollments: [], guardianships: [], bad: bad.map(told), keep: [] };
  const files = new Set<string>();
  for (const section of source.adapter.sections) {
    const reading = { section, facts, seen, again: files.has(section.file) } as Reading<RosterKind>;
    files.add(section.file);
    for await (const batch of readBatches(source, reading, 2)) {
      for (const { record } of batch.reads) (all[section.kind] as unknown[]).push(record);
      all.bad.push(...batch.bad.map(told));
      all.keep.push(...batch.keep);
    }
  }
  return all;
}
const told = ({ file, line, reason }: { file: string; line: number; reason: string }): string => `${file}:${line} ${reason}`;
const read = async (files: Files): Promise<Everything> => readAll(await rosterOf(files));
const real = new URL('../../../shared/data/roster/', import.meta.url);
const folder = (name: string): Files =>
  Object.fromEntries(readdirSync(new URL(`${name}/`, real)).map((file) => [file, readFileSync(new URL(`${name}/${file}`, real))]));

describe('roster formats', () => {
  for (const [name, format] of [
    ['v1', 'sds-v1'],
    ['v2', 'sds-v2'],
    ['v21', 'sds-v2.1'],
    ['oneRoster', 'one-roster-1.1'],
  ] as const)
    it(`reads ${format}: people, classes and who is where, and no bad row`, async () => {
      const source = await rosterOf(small[name]);
      assert.equal(source.adapter.format, format);
      const { people, classes, enrollments, bad } = await readAll(source);
      assert.deepEqual(bad, []);
      const [ora, zoe, craig] = people;
      assert.deepEqual([ora?.displayName, zoe?.familyName, craig?.roles], ['Ora Klein', "O'Brien, jr.", ['teacher']]);
      assert.deepEqual([ora?.roles, zoe?.roles], [['student'], ['student']]);
      assert.deepEqual(
        classes.map(({ sourceId, title, orgSourceId }) => [sourceId, title, orgSourceId]),
        [['100', 'Algebra 1', '10']],
      );
      assert.deepEqual(
        enrollments.map(({ classSourceId, personSourceId, role }) => `${classSourceId} ${personSourceId} ${role}`),
        ['100 1 student', '100 2 student', '100 3 teacher'],
      );
    });

  for (const name of ['v1', 'v2', 'v21', 'oneRoster'] as const)
    it(`shows no password of ${name} to whoever reads its rows`, async () => {
      const source = await rosterOf(small[name]);
      assert.doesNotMatch(JSON.stringify(await readAll(source)), /hunter2/);
      for (const file of source.files.values())
        for await (const rows of file.rows()) assert.doesNotMatch(JSON.stringify(rows), /hunter2|password/i);
    });

  it('joins birthdays, grades, numbers and subjects from wherever the format keeps them', async () => {
    for (const name of ['v1', 'v21', 'oneRoster'] as const) {
      const { people, classes } = await read(small[name]);
      assert.deepEqual([people[0]?.dateOfBirth, people[1]?.dateOfBirth, classes[0]?.subject], ['2000-04-02', '1999-12-31', 'Math'], name);
      assert.match(people[0]?.grade ?? '', /^0?9$/, name);
    }
    for (const name of ['v1', 'oneRoster'] as const) assert.equal((await read(small[name])).people[0]?.studentNumber, 'N1', name);
  });

  it('knows guardians and their children in each format that has them', async () => {
    const pairs = async (name: keyof typeof small): Promise<string[]> =>
      (await read(small[name])).guardianships.map(
        ({ guardianSourceId, childSourceId, relationship }) => `${guardianSourceId} ${childSourceId} ${relationship}`,
      );
    assert.deepEqual(await pairs('v1'), ['jean@families.example 1 parent']);
    assert.deepEqual(await pairs('v21'), ['4 1 guardian']);
    assert.deepEqual(await pairs('oneRoster'), ['4 1 guardian', '5 1 guardian', '4 1 parent']);
    assert.deepEqual((await read(small.v21)).people[3]?.roles, ['guardian']);
  });

  it('takes an address only where there is one', async () => {
    assert.deepEqual(
      (await read(small.v1)).people.map(({ email }) => email),
      [undefined, undefined, undefined, 'Jean@Families.example'],
    );
    assert.equal((await read(small.v2)).people[0]?.email, 'oklein@school.example');
  });

  it('leaves out what a OneRoster set marks as deleted or not enabled', async () => {
    const away = small.oneRoster['users.csv'].replace('2,active,,true', '2,active,,false');
    const { people, enrollments } = await read({ ...small.oneRoster, 'users.csv': away });
    assert.deepEqual(
      people.map(({ sourceId }) => sourceId),
      ['1', '3', '4', '5'],
    );
    assert.equal(enrollments.length, 3);
  });

  it('refuses a OneRoster set that holds changes only', async () => {
    const manifest = csv('propertyName,value', 'file.users,delta', 'file.orgs,bulk');
    await assert.rejects(rosterOf({ ...small.oneRoster, 'manifest.csv': manifest }), {
      code: 'roster-changes-only',
      details: { files: ['file.users'] },
    });
  });

  it('tells each bad row by file, line and reason, and keeps the good ones', async () => {
    const users = csv(
      'sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade,email,birthDate',
      '1,10,Ora,Klein,oklein,pw,Student,9,,',
      ',10,No,Id,noid,pw,Student,9,,',
      '2,10,,,nameless,pw,Student,9,,',
      '3,10,Wrong,Role,wr,pw,Wizard,9,,',
      '4,10,Wrong,Mail,wm,pw,Student,9,not an address,',
      '5,10,Wrong,Birthday,wb,pw,Student,9,,31/31/2010',
      '1,10,Twice,There,tt,pw,Student,9,,',
      '6,10,Too,Few',
      '7,10,Too,Many,tm,pw,Student,9,,,surplus',
      '8,10,Multi,"line',
      'name",ml,pw,Student,9,,2/29/2012',
      '9,10,Stray,"quote,sq,pw,Student,9,,',
      `10,10,${'x'.repeat(1001)},Long,l,pw,Student,9,,`,
      '11,10,Padded,Row,pr,pw,Student,9,,,,,',
    );
    const { people, bad, keep } = await read({ ...small.v2, 'users.csv': users });
    assert.deepEqual(
      people.map(({ sourceId }) => sourceId),
      ['1', '8', '11'],
    );
    assert.equal(people[1]?.familyName, 'line name');
    assert.equal(people[1]?.dateOfBirth, '2012-02-29');
    assert.deepEqual(bad, [
      'users.csv:3 id is empty',
      'users.csv:4 name is empty',
      'users.csv:5 unknown role',
      'users.csv:6 email is not an address',
      'users.csv:7 birth date is not a date',
      'users.csv:8 duplicate id within the roster',
      'users.csv:9 wrong number of columns',
      'users.csv:10 wrong number of columns',
      'users.csv:13 the row cannot be read',
      'users.csv:14 a value is too long',
    ]);
    assert.deepEqual(keep, ['2', '3', '4', '5']);
  });

  it('reads headers in any case and spelling, byte order marks, line ends of Unix, blank lines and blanks around values', async () => {
    const users = `\uFEFFSOURCEDID, Org Sourced Ids,GIVENNAME,family_name,UserName,PassWord,ROLE\n\n 1 ,10, Ora , Klein ,oklein,pw, STUDENT \n\n,,,,,,\n2,10,"Zoë ",Klein,zk,pw,teacher`;
    const { people, bad } = await read({ ...small.v2, 'users.csv': users });
    assert.deepEqual(bad, []);
    assert.deepEqual(
      people.map(({ sourceId, displayName, roles }) => [sourceId, displayName, roles[0]]),
      [
        ['1', 'Ora Klein', 'student'],
        ['2', 'Zoë Klein', 'teacher'],
      ],
    );
  });

  it('counts files and rows in a check', async () => {
    const { format, files, totals } = await checkRoster(await rosterOf(small.v21));
    assert.equal(format, 'sds-v2.1');
    assert.deepEqual(
      files.find(({ name }) => name === 'users.csv'),
      { name: 'users.csv', rows: 4 },
    );
    assert.deepEqual(totals, { rows: 18, people: 4, classes: 1, enrollments: 3 });
  });

  if (existsSync(real))
    for (const [name, format, people, classes, enrollments] of [
      ['sds-format-100-users', 'sds-v1', 98, 28, 630],
      ['sds-v2', 'sds-v2', 29, 4, 29],
      ['sds-v2.1', 'sds-v2.1', 8, 2, 6],
    ] as const)
      it(`reads the published ${name} as it is, without a bad row`, async () => {
        const source = await rosterOf(folder(name));
        const all = await readAll(source);
        assert.equal(source.adapter.format, format);
        assert.deepEqual([all.people.length, all.classes.length, all.enrollments.length, all.bad], [people, classes, enrollments, []]);
        assert.doesNotMatch(JSON.stringify(all), /P@ssw/);
      });
});
