import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { archiveLimits, type ArchiveSource } from '../../platform/roster/archive.ts';
import { checkRoster, openRoster } from '../../platform/roster/source.ts';
import { archiveOf, csv, type Files, rosterOf, small, zipOf } from '../support/roster.ts';

const without = (files: Files, ...names: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));
const check = async (files: Files): Promise<unknown> => checkRoster(await rosterOf(files));
const open = (zip: Buffer): Promise<unknown> => openRoster(archiveOf(zip));

/** Changes a stored name, in both places where a zip keeps it, to another of the same length. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(zip);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at);
  return copy;
}

describe('roster refusals', () => {
  it('refuses what is no zip file, is cut short or is damaged', async () => {
    const zip = await zipOf(small.v2);
    for (const bytes of [Buffer.from('PK\u0003\u0004 but no more'), Buffer.alloc(0), zip.subarray(0, zip.length - 30)])
      await assert.rejects(open(bytes), { code: 'bad-archive' });
    const damaged = Buffer.from(zip);
    const at = damaged.indexOf('users.csv') + 60;
    damaged.fill(0x55, at, at + 20);
    await assert.rejects(async () => checkRoster(await openRoster(archiveOf(damaged))), { code: 'bad-archive' });
  });

  it('refuses a file whose checksum does not fit, though it inflates', async () => {
    const zip = await zipOf(small.v2);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(small.v2['classes.csv']));
    const wrong = Buffer.from(zip);
    for (let at = wrong.indexOf(sum); at >= 0; at = wrong.indexOf(sum, at + 1)) wrong[at] = (wrong[at] ?? 0) ^ 1;
    await assert.rejects(async () => checkRoster(await openRoster(archiveOf(wrong))), {
      code: 'bad-archive',
      details: { reason: 'a file in it is damaged' },
    });
  });

  it('refuses a zip bomb by its ratio before it inflates anything', async () => {
    const zip = await zipOf({ ...small.v2, 'bomb.csv': Buffer.alloc(32 * 1024 * 1024, 'a') });
    assert.ok(zip.length < 100_000);
    await assert.rejects(open(zip), {
      code: 'archive-too-large',
      details: { what: 'a file, compressed so many times', limit: archiveLimits.ratio },
    });
  });

  it('refuses a zip bomb that declares a small size', async () => {
    const bomb = Buffer.alloc(4 * 1024 * 1024, 'sourcedId,name,type\n');
    const zip = await zipOf({ ...small.v2, 'orgs.csv': bomb });
    const declared = Buffer.alloc(4);
    declared.writeUInt32LE(bomb.length);
    const lying = Buffer.from(zip);
    for (let at = lying.indexOf(declared); at >= 0; at = lying.indexOf(declared, at + 1)) lying.writeUInt32LE(100, at);
    await assert.rejects(async () => checkRoster(await openRoster(archiveOf(lying))), { code: 'bad-archive' });
  });

  it('refuses what declares more than a roster can have, whatever is in it', async () => {
    const zip = await zipOf(small.v2);
    const declaring = (bytes: number): Buffer => {
      const copy = Buffer.from(zip);
      copy.writeUInt32LE(bytes, copy.indexOf('PK\u0001\u0002') + 24);
      return copy;
    };
    const refused = (bytes: number, what: string, limit: number): Promise<void> =>
      assert.rejects(open(declaring(bytes)), { code: 'archive-too-large', details: { what, limit } });
    await refused(archiveLimits.fileBytes + 1, 'a file, in bytes', archiveLimits.fileBytes);
    await refused(0xff_ff_ff_fe, 'all files, in bytes', archiveLimits.totalBytes);
  });

  it('reads no archive within the archive, and follows no link', async () => {
    const nested = await zipOf({ 'users.csv': 'sourcedId\n1\n' });
    const zip = await zipOf({ ...small.v2, 'more.zip': nested });
    const linked = Buffer.from(zip);
    for (let at = linked.indexOf('PK\u0001\u0002'); at >= 0; at = linked.indexOf('PK\u0001\u0002', at + 1))
      linked.writeUInt32LE(0xa1ff0000, at + 38);
    const { files } = await checkRoster(await openRoster(archiveOf(linked)));
    assert.deepEqual(files.map(({ name }) => name).sort(), Object.keys(small.v2).sort());
  });

  it('refuses more files than a roster can have', async () => {
    const many = Object.fromEntries(Array.from({ length: archiveLimits.entries + 1 }, (_, index) => [`${index}.csv`, 'a']));
    await assert.rejects(check(many), { code: 'archive-too-large', details: { what: 'entries', limit: 64 } });
  });

  it('refuses a line that is longer than any row', async () => {
    const line = Array.from({ length: 200_000 }, (_, index) => `column${index}`).join();
    await assert.rejects(check({ ...small.v2, 'users.csv': line }), { code: 'archive-too-large' });
  });

  it('refuses names that lead out of the archive', async () => {
    const zip = await zipOf({ ...small.v2, 'xx/evil.csv': 'a' });
    for (const name of ['../evil.csv', '/x/evil.csv', 'C:\\evil.csv'])
      await assert.rejects(
        open(renamed(zip, 'xx/evil.csv', name)),
        { code: 'bad-archive', details: { reason: 'a file name leads out of it' } },
        name,
      );
  });

  it('reads files in one folder, beside what archivers of the Mac leave, and refuses deeper ones and doubles', async () => {
    const inFolder = (folder: string): Files =>
      Object.fromEntries(Object.entries(small.v2).map(([name, text]) => [`${folder}/${name}`, text]));
    await check({
      ...inFolder('export'),
      '__MACOSX/export/._users.csv': '\u0000',
      'export/.DS_Store': '\u0000',
      'export/README.txt': 'hello',
    });
    await assert.rejects(check(inFolder('a/b')), { code: 'bad-archive' });
    await assert.rejects(check({ ...small.v2, 'copy/USERS.csv': 'a' }), { code: 'bad-archive' });
  });

  it('refuses files that are not UTF-8 and names file and line', async () => {
    const users = small.v2['users.csv'];
    const refused = (file: Buffer, line: number): Promise<void> =>
      assert.rejects(check({ ...small.v2, 'users.csv': file }), { code: 'wrong-encoding', details: { file: 'users.csv', line } });
    await refused(Buffer.from(`\uFEFF${users}`, 'utf16le'), 1);
    await refused(Buffer.from(users, 'utf16le'), 1);
    await refused(Buffer.from(users, 'latin1'), 3);
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index + 10},10,Ora,Klein,o${index},pw,Student,9`);
    await refused(Buffer.from(csv(...users.split('\r\n').slice(0, 2), ...rows, '9,10,Zoë,K,z,pw,Student,9', ...rows), 'latin1'), 20_003);
  });

  it('reads characters that are cut by the border of a chunk', async () => {
    const rows = Array.from(
      { length: 30_000 },
      (_, index) => `${index + 10},10,Žoë-${'ñ'.repeat(index % 7)},Nguyễn,o${index},pw,Student,9`,
    );
    await check({ ...small.v2, 'users.csv': csv(small.v2['users.csv'].split('\r\n')[0] ?? '', ...rows) });
  });

  it('refuses files of no known format', async () => {
    for (const files of [{ 'data.csv': csv('a,b', '1,2') }, { 'users.csv': csv('name,age', 'Ora,9') }, {}, { 'users.txt': 'sourcedId' }])
      await assert.rejects(check(files), { code: 'unknown-roster-format' });
  });

  it('names all missing columns and files at once', async () => {
    const users = small.v21['users.csv'].replace('givenName', 'given').replace('familyName', 'surname');
    await assert.rejects(
      check({ ...without(small.v21, 'classes.csv'), 'users.csv': users, 'demographics.csv': csv('userSourcedId', '1') }),
      {
        code: 'missing-columns',
        details: {
          missing: [
            { file: 'users.csv', columns: ['givenName', 'familyName'] },
            { file: 'classes.csv', columns: ['sourcedId', 'orgSourcedId', 'title'] },
            { file: 'demographics.csv', columns: ['birthDate'] },
          ],
        },
      },
    );
    await assert.rejects(check(without(small.v1, 'Teacher.csv', 'TeacherRoster.csv')), { code: 'missing-columns' });
    await assert.rejects(check({ ...small.v1, 'Student.csv': '' }), { code: 'missing-columns' });
  });

  it('passes on what the store fails with: that is not the archive', async () => {
    const zip = await zipOf(small.v2);
    const away = (): Readable =>
      new Readable({
        read() {
          this.destroy(new Error('store away'));
        },
      });
    const failing = (allowed: number): ArchiveSource => {
      let reads = 0;
      return { size: zip.length, stream: (start, end) => (reads++ < allowed ? archiveOf(zip).stream(start, end) : away()) };
    };
    await assert.rejects(openRoster(failing(0)), /store away/);
    await assert.rejects(openRoster(failing(1)), /store away/);
    for (let allowed = 2; allowed < 20; allowed++)
      await assert.rejects(async () => checkRoster(await openRoster(failing(allowed))), /store away/);
  });
});
