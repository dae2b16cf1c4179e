import assert from 'node:assert/strict';
import { createClock } from '../../platform/clock.ts';
import { openDatabase } from '../../platform/database.ts';
import { useDatabases } from '../support/database.ts';
import { until } from '../support/until.ts';

describe('platform/clock', () => {
  const databases = useDatabases();
  const databaseTime = async (): Promise<number> => {
    const { rows } = await databases.main.raw<{ rows: { now: Date }[] }>('select clock_timestamp() as now');
    return Number(rows[0]?.now.getTime());
  };

  it('tells the time of the database', async () => {
    const clock = createClock(databases.main);
    await clock.known();
    const [before, told, after] = [await databaseTime(), clock().getTime(), await databaseTime()];
    assert.ok(before - 500 < told && told < after + 500, `${before} ${told} ${after}`);
  });

  it('goes on while the database is away', async () => {
    const database = openDatabase(databases.urls.main);
    const clock = createClock(database);
    await clock.known();
    await database.destroy();
    const then = clock().getTime();
    await until(() => clock().getTime() >= then + 50);
    await clock.known();
  });

  it('says that it cannot be asked as long as it never could, and is asked again', async () => {
    const url = new URL(databases.urls.main);
    url.port = '9';
    const [nowhere, clock] = [openDatabase(url.href), createClock(databases.main)];
    const unknown = createClock(nowhere);
    await assert.rejects(unknown.known(), { code: 'unavailable', status: 503 });
    await assert.rejects(unknown.known(), { code: 'unavailable' });
    await clock.known();
    assert.ok(Math.abs(unknown().getTime() - clock().getTime()) < 5_000);
    await nowhere.destroy();
  });
});
