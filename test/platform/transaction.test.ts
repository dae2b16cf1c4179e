import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { atOnceInTenant, inPlatform, inTenant, openDatabase } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createReading } from '../../platform/reading.ts';
import { useDatabases } from '../support/database.ts';
import { statementsOf } from '../support/statements.ts';
import { until } from '../support/until.ts';

const tenantSetting = { text: `select current_setting('app.tenant_id', true) as tenant`, values: [] };

describe('platform/transaction', () => {
  const databases = useDatabases();
  const brokenStatement = (trx: Knex.Transaction): Promise<unknown> => trx.raw('select 1/0').catch(() => undefined);

  it('fails when a statement had failed and nobody minded: nothing was committed', async () => {
    const id = newId();
    const row = { id, slug: 'half-done', name: 'x', region: 'eu', plan: 'starter', status: 'active' };
    const work = async (trx: Knex.Transaction): Promise<void> => {
      await trx('tenants').insert(row);
      await brokenStatement(trx);
    };
    await assert.rejects(inPlatform(databases.main, work), /was not committed/);
    assert.equal(await inPlatform(databases.main, (trx) => trx('tenants').where({ id }).first()), undefined);
  });

  it('takes no statement when it is over, so that none runs in the scope of another', async () => {
    let kept: Knex.Transaction | undefined;
    await inTenant(databases.main, newId(), async (trx) => void (kept = trx));
    await assert.rejects(async () => kept?.raw('select 1'), /takes no more statements/);
    await assert.rejects(async () => kept?.('tenants').select('id'), /takes no more statements/);
  });

  it('undoes the inner work alone when a savepoint fails', async () => {
    const note = (trx: Knex.Transaction, text: string): Promise<unknown> => trx.raw(`select set_config('app.note', ?, true)`, [text]);
    const { rows } = await inTenant(databases.main, newId(), async (trx) => {
      await note(trx, 'outer');
      const failing = trx.transaction(async (inner) => {
        await note(inner, 'inner');
        throw new RangeError('stop');
      });
      await assert.rejects(failing, RangeError);
      return await trx.raw<{ rows: unknown[] }>(`select current_setting('app.note') as note`);
    });
    assert.deepEqual(rows, [{ note: 'outer' }]);
  });

  it('gives a connection back after work that failed, good as new', async () => {
    const single = openDatabase(databases.urls.main, { poolMax: 1, pipeline: true });
    await assert.rejects(
      inTenant(single, newId(), (trx) => trx.raw('select 1/0')),
      /division by zero/,
    );
    const reading = createReading(single);
    await assert.rejects(reading.first(newId(), { text: 'select 1/0', values: [] }), /division by zero/);
    reading.end();
    const { rows } = await inTenant(single, newId(), (trx) => trx.raw<{ rows: unknown[] }>('select 1 as one'));
    await single.destroy();
    assert.deepEqual(rows, [{ one: 1 }]);
  });
});

describe('platform/transaction at once', () => {
  const databases = useDatabases();
  const note = (text: string) => ({ text: `select set_config('app.note', $1, true) as note`, values: [text], name: 'note' });

  for (const pipeline of [true, false]) {
    describe(pipeline ? 'where the database is a pipeline' : 'where it is none', () => {
      let single: Knex;
      before(() => (single = openDatabase(databases.urls.main, { poolMax: 1, pipeline })));
      after(() => single.destroy());

      it('answers the rows of each statement, all in the scope', async () => {
        const tenantId = newId();
        const answers = await atOnceInTenant(single, tenantId, [tenantSetting, note('a'), note('b')]);
        assert.deepEqual(answers, [[{ tenant: tenantId }], [{ note: 'a' }], [{ note: 'b' }]]);
        assert.deepEqual(await atOnceInTenant(single, tenantId, []), []);
      });

      it('commits nothing when a statement fails, throws its error, and gives the connection back as new', async () => {
        const row = (text: string) => ({
          text: `insert into idempotency_keys (tenant_id, key_digest, request_digest, run_id, expires_at) values ($1, $2, '', $3, now())`,
          values: [platformTenantId, Buffer.from(text), newId()],
        });
        const count = { text: 'select count(*)::int as count from idempotency_keys', values: [], name: 'count-keys' };
        const broken = { text: 'select 1/0', values: [] };
        await assert.rejects(atOnceInTenant(single, platformTenantId, [row(`x${pipeline}`), broken, count]), /division by zero/);
        const [, counted] = await atOnceInTenant(single, platformTenantId, [row(`y${pipeline}`), count]);
        assert.deepEqual(counted, [{ count: pipeline ? 1 : 2 }]);
      });
    });
  }
});

describe('platform/reading', () => {
  const databases = useDatabases();

  it('reads on in the transaction of its first statement', async () => {
    const tenantId = newId();
    const reading = createReading(databases.main);
    const sent = await statementsOf(async () => {
      assert.deepEqual(await reading.first(tenantId, tenantSetting), [{ tenant: tenantId }]);
      await reading.read(tenantId, (trx) => trx.raw('select 2'));
    });
    reading.end();
    assert.match(sent[0] ?? '', /^BEGIN READ ONLY; /);
    assert.deepEqual(sent.slice(1), [tenantSetting.text, 'select 2']);
  });

  it('never reads for one tenant in the transaction of another', async () => {
    const [one, other] = [newId(), newId()];
    const reading = createReading(databases.main);
    await reading.first(one, tenantSetting);
    const { rows } = await reading.read(other, (trx) => trx.raw<{ rows: unknown[] }>(tenantSetting.text));
    reading.end();
    assert.deepEqual(rows, [{ tenant: other }]);
  });

  it('ends with the next one, or by itself', async () => {
    const single = openDatabase(databases.urls.main, { poolMax: 1, pipeline: true });
    const read = (): Promise<unknown> => createReading(single).read(newId(), (trx) => trx.raw('select 1'));
    const open = async (): Promise<number> => {
      const { rows } = await databases.owner.raw<{ rows: { n: number }[] }>(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
      );
      return rows[0]?.n ?? 0;
    };
    const sent = await statementsOf(async () => {
      await read();
      await read();
    });
    assert.equal(sent.filter((text) => text.startsWith('COMMIT; BEGIN READ ONLY; ')).length, 1);
    await until(async () => (await open()) === 0);
    assert.ok(await inTenant(single, newId(), (trx) => trx.raw('select 1')));
    await single.destroy();
  });

  it('changes nothing', async () => {
    const reading = createReading(databases.main);
    const writing = reading.read(newId(), (trx) => trx.raw(`update tenants set name = 'x'`));
    await assert.rejects(writing, /read-only transaction/);
  });

  it('frees its connection when nobody reads on', async () => {
    const single = openDatabase(databases.urls.main, { poolMax: 1 });
    for (let round = 0; round < 3; round += 1) {
      const reading = createReading(single);
      await reading.first(newId(), tenantSetting);
      reading.end();
      reading.end();
    }
    assert.ok(await single.raw('select 1'));
    await single.destroy();
  });
});
