import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLicences, judgeLicences, type Rules } from '../../security/licences.ts';
import { checkMigrations, lintSql, planted } from '../../security/migrations.ts';
import { report } from '../../security/report.ts';
import { expectedOf } from '../../security/specimens.ts';

describe('check:security', () => {
  describe('licences', () => {
    const rules: Rules = { allowed: ['MIT'], 'allowed in development': ['PSF-2.0'], 'stated elsewhere': { '@quiet/': 'MIT' } };
    const judge = (packages: Parameters<typeof judgeLicences>[0]): string[] =>
      judgeLicences({ '': {}, 'node_modules/a': { license: '(MIT)' }, 'node_modules/@quiet/b': {}, ...packages }, rules).findings;
    const dev = { 'node_modules/tool': { license: 'PSF-2.0', dev: true } };

    it('are found wherever a package stands, and whatever it says or does not say', () => {
      assert.deepEqual(judge(dev), []);
      assert.deepEqual(judge({ ...dev, 'node_modules/c/node_modules/@x/d': { license: 'GPL-3.0' } }), ['@x/d: GPL-3.0']);
      assert.deepEqual(judge({ ...dev, 'node_modules/c': {} }), ['c: no licence stated']);
      assert.deepEqual(judge({ ...dev, 'node_modules/c': { license: 'MIT OR GPL-3.0' } }), ['c: MIT OR GPL-3.0']);
    });

    it('of tools are none of what ships, and a rule that nothing needs is told', () => {
      assert.deepEqual(judge({ ...dev, 'node_modules/c': { license: 'PSF-2.0' } }), ['c: PSF-2.0']);
      assert.deepEqual(judge({}), ['nothing needs the rule for PSF-2.0: remove it']);
    });

    it('of this lockfile are allowed, each of them', () => assert.deepEqual(checkLicences().findings, []));
  });

  describe('migrations', function () {
    this.timeout(30_000);

    it('that stop a live system are found, each by its rule', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'toolbox-planted-'));
      try {
        for (const [rule, sql] of Object.entries(planted)) {
          const file = join(folder, `${rule}.sql`);
          writeFileSync(file, sql);
          const found = (await lintSql([file])).map(({ rule_name }) => rule_name);
          assert.ok(found.includes(rule), `${rule}: ${found.join()}`);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('of this product are none of these, and all of them were seen', async () => {
      const { findings, looked } = await checkMigrations();
      assert.deepEqual(findings, []);
      const files = ['main', 'keyring'].flatMap((cluster) => readdirSync(`migrations/${cluster}`).filter((name) => name.endsWith('.ts')));
      assert.equal(looked, `${files.length} migrations`);
    });
  });

  it('has for each rule of the code a line that it finds and one that it lets pass', () => {
    const rules = readdirSync('security/rules').flatMap((file) =>
      [...readFileSync(join('security/rules', file), 'utf8').matchAll(/^ {2}- id: (\S+)$/gm)].map(([, id = '']) => id),
    );
    assert.ok(rules.length >= 12);
    const { found, passed } = expectedOf();
    for (const places of [found, passed])
      assert.deepEqual([...new Set(places.map((place) => place.split(' ')[1] ?? ''))].sort(), [...rules].sort());
  });

  it('fails when one check found something, and says what', () => {
    const said: string[] = [];
    const clean = { check: 'one', looked: '3 files', proof: '2 specimens', findings: [] };
    assert.equal(
      report([clean], (line) => said.push(line)),
      true,
    );
    const dirty = { ...clean, check: 'two', findings: ['a key in b.ts:1'] };
    assert.equal(
      report([clean, dirty], (line) => said.push(line)),
      false,
    );
    assert.ok(said.includes('two: a key in b.ts:1'));
  });
});
