import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { createRunWriter, type RunWriter, type Start } from '../../../api/support/run-writer.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { verifyChain } from '../../../platform/audit.ts';
import { inTenant, openDatabase } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../../platform/keyring.ts';
import { IdempotencyKey, Run } from '../../../platform/models/run.ts';
import { SealedInput } from '../../../platform/models/sealed-input.ts';
import { useDatabases } from '../../support/database.ts';
import { useVault } from '../../support/vault.ts';

const tenantId = platformTenantId;

function startOf({ workflowId = newId(), personal, digest }: Partial<Omit<Start, 'run'>> & { workflowId?: string } = {}): Start {
  const ids = { id: newId(), tenant_id: tenantId, started_by: newId(), request_id: newId() };
  return { run: { ...ids, process: 'p', workflow_id: workflowId, sealed_input_id: personal ? newId() : null }, personal, digest };
}
/** PostgreSQL stores no text with a zero byte in it: only this start's statement fails. */
const unwritable = (): Start => startOf({ workflowId: 'a\0b', personal: { name: 'Ada' } });

describe('writing down starts', () => {
  const databases = useDatabases();
  const test = useVault();

  let main: Knex;
  before(() => (main = openDatabase(databases.urls.main, { pipeline: true })));
  after(() => main.destroy());

  const wrapped: number[] = [];
  function writer(knex = main): { write: RunWriter; keyring: Keyring } {
    wrapped.length = 0;
    const encryptBatch: typeof test.vault.encryptBatch = (tenant, items) => {
      if (items.length > 0) wrapped.push(items.length);
      return test.vault.encryptBatch(tenant, items);
    };
    const keyring = createKeyring({ knex: databases.keyring, vault: { ...test.vault, encryptBatch } });
    return { write: createRunWriter({ knex, keyring }), keyring };
  }
  const idsOf = async (starts: readonly Start[]): Promise<string[]> => {
    const rows = await inTenant(databases.main, tenantId, async (trx) =>
      Run.query(trx).whereIn(
        'id',
        starts.map(({ run }) => run.id),
      ),
    );
    return rows.map(({ id }) => id).sort();
  };
  const transactionsOf = async (starts: readonly Start[]): Promise<number> => {
    const ids = starts.map(({ run }) => run.id);
    const { rows } = await inTenant(databases.main, tenantId, (trx) =>
      trx.raw<{ rows: { count: number }[] }>('select count(distinct xmin::text)::int as count from runs where id = any(?)', [ids]),
    );
    return rows[0]?.count ?? 0;
  };
  const entriesOf = async (starts: readonly Start[]): Promise<string[]> => {
    const ids = starts.map(({ run }) => run.id);
    const rows = await inTenant(databases.main, tenantId, async (trx) => trx('audit_log').whereIn('run_id', ids).orderBy('seq'));
    return rows.map(({ run_id, action, actor_id, request_id }: Record<string, string>) => [action, run_id, actor_id, request_id].join(' '));
  };

  /** What a worker would find: through the keyring that wrote it, and through another. */
  async function inputOf(keyring: Keyring, start: Start | undefined): Promise<unknown> {
    const id = String(start?.run.sealed_input_id);
    const row = await inTenant(databases.main, tenantId, async (trx) => SealedInput.query(trx).findOne({ tenant_id: tenantId, id }));
    const place = { tenantId, table: 'sealed_inputs', column: 'sealed', rowId: id };
    const opened = [keyring, createKeyring({ knex: databases.keyring, vault: test.vault })].map(async (ring) =>
      (await ring.sealer(tenantId, [id])).open(id, place, row?.sealed ?? Buffer.alloc(0)),
    );
    const [here = '', elsewhere] = await Promise.all(opened);
    assert.equal(here, elsewhere);
    return JSON.parse(here);
  }

  it('writes those that come at the same time in one transaction, each with its sealed input and its entry in the audit log', async () => {
    const { write, keyring } = writer();
    const starts = [1, 2, 3, 4, 5].map((number) => startOf(number === 3 ? {} : { personal: { name: `Ada ${number}` } }));
    assert.deepEqual(await Promise.all(starts.map(write)), [true, true, true, true, true]);
    assert.deepEqual(wrapped, [1, 3]);
    assert.equal(await transactionsOf(starts.slice(1)), 1);
    assert.deepEqual(
      await entriesOf(starts),
      starts.map(({ run }) => ['run.start', run.id, run.started_by, run.request_id].join(' ')),
    );
    assert.equal((await verifyChain(databases.main, tenantId)).intact, true);
    for (const { run } of starts) {
      const row: object = await inTenant(databases.main, tenantId, async (trx) => trx('runs').where({ id: run.id }).first());
      assert.deepEqual({ ...row, ...run }, row);
    }
    for (const start of [starts[0], starts[1], starts[4]]) assert.deepEqual(await inputOf(keyring, start), start?.personal);
  });

  it('fails the one that cannot be written, and none of those that came with it', async () => {
    const { write, keyring } = writer();
    const [first, bad, ...others] = [startOf(), unwritable(), startOf({ personal: { name: 'Bob' } }), startOf()];
    const all = [first, bad, ...others];
    const answers = await Promise.allSettled(all.map(write));
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(await idsOf(all), [first, ...others].map(({ run }) => run.id).sort());
    assert.equal((await entriesOf(all)).length, 3);
    assert.deepEqual(await inputOf(keyring, others[0]), { name: 'Bob' });
  });

  it('gives a key to one of those that come with it at the same time', async () => {
    const { write } = writer();
    const digest = { key: randomBytes(32), request: randomBytes(32) };
    const starts = [startOf(), ...[1, 2, 3].map(() => startOf({ digest, personal: { name: 'Ada' } })), startOf()];
    const answers = await Promise.all(starts.map(write));
    assert.deepEqual([answers[0], answers[4], answers.filter(Boolean).length], [true, true, 3]);
    const written = starts.filter((_, at) => answers[at]);
    assert.deepEqual(await idsOf(starts), written.map(({ run }) => run.id).sort());
    const [taken] = await inTenant(databases.main, tenantId, async (trx) => IdempotencyKey.query(trx).where({ key_digest: digest.key }));
    assert.ok(written.some(({ run }) => run.id === taken?.run_id));
    assert.equal((await entriesOf(starts)).length, 3);
  });

  it('tells all of them when the database is away, and asks no more', async () => {
    const gone = new URL(databases.urls.main);
    gone.port = '9';
    const away = openDatabase(gone.href);
    try {
      const { write } = writer(away);
      const answers = await Promise.allSettled([startOf(), startOf({ personal: { name: 'Ada' } }), startOf()].map(write));
      assert.deepEqual(
        answers.map((answer) => answer.status === 'rejected' && (answer.reason as { code: string }).code),
        ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED'],
      );
      assert.deepEqual(wrapped, [1]);
    } finally {
      await away.destroy();
    }
  });
});
