import assert from 'node:assert/strict';
import { migrate, migrationSource, rollback } from '../../platform/migrator.ts';
import { useDatabases } from '../support/database.ts';

describe('platform/migrator', () => {
  const databases = useDatabases();

  it('names migrations without their extension, in order, from each cluster on its own', async () => {
    for (const cluster of ['main', 'keyring'] as const) {
      const source = migrationSource(cluster);
      const names = (await source.getMigrations([])).map((file) => source.getMigrationName(file));
      assert.ok(names.length > 0);
      assert.deepEqual([...names].sort(), names);
      assert.ok(names.every((name) => /^\d{14}_(expand|backfill|contract)_[a-z0-9_]+$/.test(name)));
    }
  });

  it('applies nothing twice', async () => {
    assert.deepEqual(await migrate(databases.owner, 'main'), []);
    assert.deepEqual(await migrate(databases.keyringOwner, 'keyring'), []);
  });

  it('undoes every migration and applies them again, leaving nothing behind between', async () => {
    for (const [knex, cluster] of [
      [databases.owner, 'main'],
      [databases.keyringOwner, 'keyring'],
    ] as const) {
      const undone = await rollback(knex, cluster, { all: true });
      const left = await knex.raw<{ rows: unknown[] }>(
        `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'knex%'
         union all select proname from pg_proc where pronamespace = 'public'::regnamespace`,
      );
      assert.deepEqual(left.rows, []);
      assert.deepEqual([...(await migrate(knex, cluster))].sort(), [...undone].sort());
    }
  });

  it('goes on after a migrator was killed and left its lock', async () => {
    await databases.owner('knex_migrations_lock').update({ is_locked: 1 });
    assert.deepEqual(await migrate(databases.owner, 'main'), []);
  });

  it('lets two migrators run at once: one works, the other finds nothing to do', async () => {
    await rollback(databases.keyringOwner, 'keyring', { all: true });
    const applied = await Promise.all([migrate(databases.keyringOwner, 'keyring'), migrate(databases.keyringOwner, 'keyring')]);
    assert.equal(applied.filter(({ length }) => length > 0).length, 1);
  });
});
