import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSchool, type SchoolOptions } from '../../../cli/support/generate-school.ts';
import { zipFolder } from '../../../cli/support/zip-folder.ts';
import { checkRoster, openRoster } from '../../../platform/roster/source.ts';
import { archiveOf } from '../../support/roster.ts';

describe('cli/support/generate-school', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'school-'));
  after(() => rmSync(scratch, { recursive: true }));
  let folders = 0;

  async function generate(options: Omit<SchoolOptions, 'out'>) {
    const out = join(scratch, String(folders++));
    const plan = await generateSchool({ ...options, out });
    return {
      out,
      plan,
      text: readdirSync(out)
        .sort()
        .map((name) => `${name}\n${readFileSync(join(out, name), 'utf8')}`)
        .join('\n'),
    };
  }

  it('writes the same school for the same seed, and another for another', async () => {
    const [one, same, other] = [
      await generate({ users: 80, seed: 7 }),
      await generate({ users: 80, seed: 7 }),
      await generate({ users: 80, seed: 8 }),
    ];
    assert.equal(one.text, same.text);
    assert.notEqual(one.text, other.text);
  });

  for (const format of ['sds-v2.1', 'one-roster-1.1'] as const)
    it(`writes ${format} that reads as many people, classes and places as it says`, async () => {
      for (const users of [1, 2, 19, 20, 333]) {
        const { out, plan } = await generate({ users, seed: 3, format });
        const zip = join(scratch, 'school.zip');
        await zipFolder(out, zip);
        const check = await checkRoster(await openRoster(archiveOf(readFileSync(zip))));
        assert.equal(check.format, format);
        const { people, classes, enrollments } = check.totals;
        assert.deepEqual([people, classes, enrollments], [users, plan.classes, plan.enrollments]);
        assert.equal(plan.students + plan.teachers + plan.guardians + plan.admins, users);
      }
    });

  it('gives everybody a name of their own and an address where no mail arrives', async () => {
    const { plan, text } = await generate({ users: 400, seed: 1 });
    const addresses = text.match(/[^\s,]+@[^\s,]+/g) ?? [];
    assert.equal(new Set(addresses).size, 400);
    assert.ok(addresses.every((address) => /^[a-z]+\.[a-z]+\d+@[a-z.]+\.example$/.test(address)));
    assert.ok(plan.teachers === 20 && plan.guardians > 100 && plan.students > 250);
  });
});
