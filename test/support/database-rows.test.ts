import assert from 'node:assert/strict';
import { inPlatform } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { rowsOf } from './database-rows.ts';
import { useDatabases } from './database.ts';
import { servers } from './servers.ts';

describe('the rows of a database', () => {
  const databases = useDatabases();
  const schools = [newId(), newId()] as const;
  before(() =>
    inPlatform(databases.main, async (trx) => {
      for (const id of schools)
        await trx('tenants').insert({ id, slug: `s-${id}`, name: 'A School', region: 'eu', plan: 'school', status: 'active' });
    }),
  );
  const read = async (settled: readonly string[]): Promise<string[]> =>
    (await rowsOf(servers().postgres.adminUrl, databases.urls.main, settled)).get('tenants') ?? [];

  it('are told one by one, those of settled tenants together', async () => {
    const [all, apart] = [await read([]), await read([schools[0]])];
    assert.equal(all.filter((row) => schools.some((id) => row.includes(id))).length, 2);
    assert.equal(apart.filter((row) => row.includes(schools[0])).length, 0);
    assert.equal(apart.filter((row) => row.includes(schools[1])).length, 1);
    assert.match(String(apart.at(-1)), /^1 settled rows: /);
  });

  it('tell when one of a settled tenant is another', async () => {
    const before = await read([schools[0]]);
    assert.deepEqual(await read([schools[0]]), before);
    await inPlatform(databases.main, (trx) => trx('tenants').where({ id: schools[0] }).update({ name: 'Another' }));
    assert.notEqual((await read([schools[0]])).at(-1), before.at(-1));
  });
});
