import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { audit, digestOf, verifyChain } from '../../platform/audit.ts';
import { inTenant, openDatabase } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { useDatabases } from '../support/database.ts';

const object = { tenantId: platformTenantId, objectType: 'person', objectId: newId() };

describe('platform/audit', () => {
  const databases = useDatabases();
  const record = (tenantId: string, action = 'tenant.rename') => ({
    tenantId,
    actorId: newId(),
    action,
    objectType: 'tenant',
    objectId: tenantId,
  });
  const write = (tenantId: string, action?: string) => inTenant(databases.main, tenantId, (trx) => audit(trx, record(tenantId, action)));
  async function chain(length: number): Promise<string> {
    const tenantId = newId();
    for (let i = 0; i < length; i++) await write(tenantId);
    return tenantId;
  }
  const asApp = (tenantId: string, sql: string) => inTenant(databases.main, tenantId, (trx) => trx.raw(sql));
  /** What only somebody with the owner's password could do. */
  const tamper = (tenantId: string, act: (trx: Knex.Transaction) => Promise<unknown>) => inTenant(databases.owner, tenantId, act);
  const entry = (id: string, tenantId: string) =>
    `insert into audit_log (id, tenant_id, action, object_type) values ('${id}', '${tenantId}', 'x', 'y')`;

  it('links the entries of a tenant and proves the chain by recomputing it', async () => {
    const tenantId = newId();
    const full = {
      ...record(tenantId),
      onBehalfOf: newId(),
      requestId: newId(),
      runId: newId(),
      before: { plan: 'starter' },
      after: { plan: 'school' },
    };
    await inTenant(databases.main, tenantId, (trx) => audit(trx, full));
    await write(tenantId);
    const rows = await inTenant(databases.main, tenantId, (trx) => trx('audit_log').orderBy('seq'));
    assert.deepEqual(
      rows.map(({ seq }: { seq: number }) => seq),
      [1, 2],
    );
    assert.deepEqual(rows[1].previous_hash, rows[0].hash);
    assert.deepEqual(await verifyChain(databases.main, tenantId), { intact: true, entries: 2, headHash: rows[1].hash.toString('hex') });
  });

  it('proves a chain of more than one page, and an empty one', async () => {
    const tenantId = newId();
    await inTenant(databases.main, tenantId, (trx) =>
      trx.raw(
        `insert into audit_log (id, tenant_id, action, object_type) select gen_random_uuid(), ?, 'x', 'y' from generate_series(1, 1001)`,
        [tenantId],
      ),
    );
    assert.equal((await verifyChain(databases.main, tenantId)).entries, 1_001);
    assert.deepEqual(await verifyChain(databases.main, newId()), { intact: true, entries: 0, headHash: '' });
  });

  it('keeps the chain whole under concurrent writers and failed transactions', async () => {
    const tenantId = await chain(1);
    const failing = inTenant(databases.main, tenantId, async (trx) => {
      await audit(trx, record(tenantId));
      throw new RangeError('stop');
    });
    await Promise.all([assert.rejects(failing, RangeError), ...Array.from({ length: 12 }, () => write(tenantId))]);
    assert.deepEqual(await verifyChain(databases.main, tenantId).then(({ intact, entries }) => ({ intact, entries })), {
      intact: true,
      entries: 13,
    });
  });

  it('lets the app neither change nor remove an entry or a head', async () => {
    const tenantId = await chain(1);
    const forbidden = [
      `update audit_log set action = 'x'`,
      'delete from audit_log',
      'truncate audit_log',
      'update audit_heads set seq = 0',
      'delete from audit_heads',
      `insert into audit_heads values ('${newId()}', 0, '')`,
      'alter table audit_log disable trigger all',
    ];
    for (const sql of forbidden) await assert.rejects(asApp(tenantId, sql), /permission denied|must be owner/, sql);
    assert.equal((await verifyChain(databases.main, tenantId)).intact, true);
  });

  it('lets the app choose neither number, time nor hash', async () => {
    const tenantId = await chain(1);
    const row = {
      id: newId(),
      tenant_id: tenantId,
      action: 'x',
      object_type: 'y',
      seq: 99,
      at: new Date(0),
      previous_hash: Buffer.from('00'),
      hash: Buffer.from('00'),
    };
    await inTenant(databases.main, tenantId, (trx) => trx('audit_log').insert(row));
    const written = await inTenant(databases.main, tenantId, (trx) => trx('audit_log').where({ id: row.id }).first());
    assert.equal(written.seq, 2);
    assert.ok(written.at.getTime() > 0);
    assert.equal((await verifyChain(databases.main, tenantId)).intact, true);
  });

  it('refuses an entry for another tenant or for none', async () => {
    const other = newId();
    await assert.rejects(asApp(newId(), entry(newId(), other)), /another tenant/);
    await assert.rejects(databases.main.raw(entry(newId(), other)), /another tenant/);
    assert.equal((await verifyChain(databases.main, other)).entries, 0);
  });

  it('leaves no gap when an entry with a known id is inserted "or nothing"', async () => {
    const tenantId = newId();
    const id = newId();
    await asApp(tenantId, entry(id, tenantId));
    await assert.rejects(asApp(tenantId, `${entry(id, tenantId)} on conflict do nothing`), /audit entry exists/);
    assert.deepEqual(await verifyChain(databases.main, tenantId).then(({ intact, entries }) => ({ intact, entries })), {
      intact: true,
      entries: 1,
    });
  });

  it('is not misled by a temporary table of the same name, nor lends its function to one', async () => {
    const tenantId = await chain(1);
    // The app has no right to make one; should it ever get it, the chain holds.
    await databases.owner.raw('grant temporary on database ?? to toolbox_app', [new URL(databases.urls.main).pathname.slice(1)]);
    await inTenant(databases.main, tenantId, async (trx) => {
      await trx.raw('create temporary table audit_heads (tenant_id uuid primary key, seq bigint, hash bytea) on commit drop');
      await trx.raw('grant all on pg_temp.audit_heads to public');
      await trx.raw(`insert into pg_temp.audit_heads values ('${tenantId}', 41, 'forged')`);
      await trx.raw(entry(newId(), tenantId));
    });
    const lend = inTenant(databases.main, tenantId, async (trx) => {
      await trx.raw('create temporary table lent (like public.audit_log) on commit drop');
      await trx.raw('create trigger lent before insert on pg_temp.lent for each row execute function public.audit_log_link()');
    });
    await assert.rejects(lend, /permission denied for function/);
    assert.deepEqual(await verifyChain(databases.main, tenantId).then(({ intact, entries }) => ({ intact, entries })), {
      intact: true,
      entries: 2,
    });
  });

  it('finds a changed entry, a removed one, a cut tail and an unlinked one', async () => {
    const without = (trx: Knex.Transaction) => trx.raw('alter table audit_log disable trigger audit_log_link');
    const forge = { id: newId(), action: 'x', object_type: 'y', at: new Date(), previous_hash: Buffer.from('00'), hash: Buffer.from('00') };
    const cases: readonly [number, (trx: Knex.Transaction, tenantId: string) => Promise<unknown>][] = [
      [2, (trx) => trx('audit_log').where({ seq: 2 }).update({ actor_id: newId() })],
      [2, (trx) => trx('audit_log').where({ seq: 2 }).delete()],
      [
        1,
        (trx) =>
          trx('audit_log')
            .where({ seq: 1 })
            .update({ at: new Date(0) }),
      ],
      [3, (trx) => trx('audit_log').where({ seq: 3 }).delete()],
      [4, async (trx, tenantId) => [await without(trx), await trx('audit_log').insert({ ...forge, tenant_id: tenantId, seq: 4 })]],
    ];
    for (const [brokenAt, act] of cases) {
      const tenantId = await chain(3);
      await tamper(tenantId, (trx) => act(trx, tenantId));
      const { intact, brokenAt: found } = await verifyChain(databases.main, tenantId);
      assert.deepEqual({ intact, found }, { intact: false, found: brokenAt });
      await databases.owner.raw('alter table audit_log enable trigger audit_log_link');
    }
  });

  it('takes words of ours only, so that no text about a person fits in', async () => {
    const tenantId = newId();
    await assert.rejects(
      inTenant(databases.main, tenantId, (trx) => audit(trx, record(tenantId, 'renamed Ada Lovelace'))),
      /check constraint/,
    );
  });

  it('digests a row without personal columns, in any order of its keys, apart for each object', () => {
    const row = { status: 'active', version: 2, at: new Date(0), nested: { b: 1, a: [1, 'x'] } };
    const digest = digestOf(object, row);
    assert.equal(digest.length, 32);
    assert.deepEqual(digestOf(object, { nested: { a: [1, 'x'], b: 1 }, at: new Date(0), version: 2, status: 'active' }), digest);
    assert.deepEqual(
      digestOf(object, { ...row, display_name: 'Ada', email: Buffer.from('x'), nested: { ...row.nested, login: 'ada' } }),
      digest,
    );
    assert.notDeepEqual(digestOf(object, { ...row, status: 'suspended' }), digest);
    assert.notDeepEqual(digestOf({ ...object, objectId: newId() }, row), digest);
  });

  it('belongs to the transaction it records', async () => {
    const single = openDatabase(databases.urls.main, { poolMax: 1 });
    const tenantId = newId();
    const failing = inTenant(single, tenantId, async (trx) => {
      await audit(trx, record(tenantId));
      throw new RangeError('stop');
    });
    await assert.rejects(failing, RangeError);
    assert.equal((await verifyChain(single, tenantId)).entries, 0);
    await single.destroy();
  });
});
