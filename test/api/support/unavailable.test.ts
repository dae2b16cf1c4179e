import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Knex } from 'knex';
import { asUnavailable } from '../../../api/support/unavailable.ts';
import { inPlatform, openDatabase } from '../../../platform/database.ts';
import { createStorage } from '../../../platform/storage.ts';
import { useDatabases } from '../../support/database.ts';
import { type Line, openLine } from '../../support/line.ts';
import { until } from '../../support/until.ts';

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([work]);
  return result.status === 'rejected' ? result.reason : assert.fail('It did not fail.');
}

describe('a database that fails', () => {
  const databases = useDatabases();
  let line: Line;
  let knex: Knex;
  before(async () => {
    const { hostname, port } = new URL(databases.urls.main);
    line = await openLine({ host: hostname, port: Number(port) });
    knex = openDatabase(urlOfLine());
  });
  after(async () => {
    await knex.destroy();
    await line.cut();
  });
  const urlOfLine = (): string => Object.assign(new URL(databases.urls.main), { port: String(line.port) }).href;
  const isAsked = (sql: string) => async (): Promise<boolean> => {
    const { rows } = await databases.main.raw<{ rows: unknown[] }>('select from pg_stat_activity where query = ? and state = ?', [
      sql,
      'active',
    ]);
    return rows.length > 0;
  };

  it('is away when its line is cut in the middle of a statement', async () => {
    const sql = 'select pg_sleep(29)';
    const failing = failureOf(inPlatform(knex, async (trx) => trx.raw(sql)));
    await until(isAsked(sql));
    await line.cut();
    assert.equal(asUnavailable(await failing)?.status, 503);
    assert.equal(asUnavailable(await failureOf(inPlatform(knex, async (trx) => trx.raw('select 1'))))?.status, 503);
    await line.mend();
    await knex.raw('select 1');
  });

  for (const pipeline of [true, false])
    it(`is away when it takes a statement and never answers${pipeline ? ', in a pipeline' : ''}`, async () => {
      const patient = openDatabase(urlOfLine(), { statementMs: 500, pipeline });
      try {
        await patient.raw('select 1');
        line.hang();
        const failing = [failureOf(patient.raw('select 1')), failureOf(inPlatform(patient, async (trx) => trx.raw('select 1')))];
        for (const error of await Promise.all(failing)) assert.equal(asUnavailable(error)?.status, 503);
        await line.cut();
        await line.mend();
        // Connections that are about to hear that they were cut may still be lent once.
        await until(async () => {
          const [again] = await Promise.allSettled([inPlatform(patient, async (trx) => trx.raw('select 1'))]);
          return again.status === 'fulfilled';
        });
      } finally {
        await patient.destroy();
      }
    }).timeout(20_000);

  it('is away when a statement takes longer than anybody waits', async () => {
    const patient = openDatabase(databases.urls.main, { statementMs: 100 });
    assert.equal(asUnavailable(await failureOf(patient.raw('select pg_sleep(5)')))?.status, 503);
    await patient.destroy();
  });

  for (const [what, code] of Object.entries({
    'a full disk': '53100',
    'no memory': '53200',
    'a disk that fails': '58030',
    'a standby': '25006',
  }))
    it(`is away when it has ${what}`, async () => {
      const error = await failureOf(knex.raw(`do $$ begin raise exception 'no' using errcode = '${code}'; end $$`));
      assert.equal(asUnavailable(error)?.status, 503);
    });

  it('is not away when it refuses what it was asked', async () => {
    for (const sql of ['select 1 / 0', 'select * from nowhere', `select 'timeout expired'::int`])
      assert.equal(asUnavailable(await failureOf(knex.raw(sql))), undefined);
  });
});

describe('an object store that fails', () => {
  for (const status of [500, 503])
    it(`is away when it answers ${status}`, async () => {
      const store = createServer((_, response) => void response.writeHead(status).end()).listen(0, '127.0.0.1');
      try {
        await once(store, 'listening');
        const endpoint = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
        const storage = createStorage({ endpoint, accessKey: 'key', secretKey: 'secret' });
        assert.equal(asUnavailable(await failureOf(storage.put('bucket', 'key', Buffer.from('x'))))?.status, 503);
      } finally {
        store.close();
      }
    });
});
