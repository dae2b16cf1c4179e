import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Knex } from 'knex';
import { audit } from '../../platform/audit.ts';
import { inTenant, openDatabase } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { issueCertificate } from '../../platform/privacy/certificate.ts';
import { documentText } from '../../platform/privacy/certificate-signature.ts';
import { contentOf, makeSigner, statement } from '../support/certificate.ts';
import { useDatabases } from '../support/database.ts';
import { useVault } from '../support/vault.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
interface Log {
  readonly tenantId: string;
  readonly entries: number;
  readonly holds: boolean;
  readonly verdict: string;
}

describe('npm run audit:verify', function () {
  this.timeout(180_000);
  const databases = useDatabases();
  const vault = useVault();
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-audit-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  after(() => rmSync(folder, { recursive: true }));

  async function run(...args: string[]): Promise<Ended> {
    const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: databases.urls.main, TOOLBOX_HOME: folder };
    const started = promisify(execFile)(process.execPath, ['--import', 'tsx', 'cli/audit-verify.ts', ...args], { env });
    return await started.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: Ended) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
  }
  const logsOf = ({ stdout }: Ended): readonly Log[] => (JSON.parse(stdout) as { logs: Log[] }).logs;
  const write1 = (trx: Knex.Transaction, tenantId: string): Promise<void> =>
    audit(trx, { tenantId, actorId: newId(), action: 'thing.do', objectType: 'thing', objectId: newId() });
  /** The log of a school that nothing else is known of any more. */
  async function chain(count: number): Promise<string> {
    const tenantId = newId();
    await inTenant(databases.main, tenantId, async (trx) => {
      for (let at = 0; at < count; at += 1) await write1(trx, tenantId);
    });
    return tenantId;
  }
  /** What only somebody with the owner's password could do, the trigger taken away meanwhile. */
  const tamper = (tenantId: string, act: (trx: Knex.Transaction) => Promise<unknown>): Promise<unknown> =>
    inTenant(databases.owner, tenantId, async (trx) => {
      await trx.raw('alter table audit_log disable trigger audit_log_link');
      await act(trx);
      await trx.raw('alter table audit_log enable trigger audit_log_link');
    });
  const certify = (tenantId: string) =>
    issueCertificate({ knex: databases.main, vault: vault.vault }, { tenantId, requestId: newId(), kind: 'erasure', content: statement() });

  it('recomputes every log, those of schools that are gone too, and prints their heads', async () => {
    const tenants = [await chain(3), await chain(1)];
    const { code, stdout } = await run();
    assert.equal(code, 0);
    for (const tenantId of tenants) {
      const { hash } = await inTenant(databases.main, tenantId, (trx) => trx('audit_heads').first());
      assert.match(stdout, new RegExp(`${tenantId} │ +\\d │ ${(hash as Buffer).toString('hex')} │ intact`));
    }
    assert.match(stdout, /entries of \d+ logs in [\d.]+ s, \d+ a second\nEvery log holds\./);
  });

  const attacks: readonly [string, RegExp, (trx: Knex.Transaction, tenantId: string) => Promise<unknown>][] = [
    ['changed', /broken at entry 3/, (trx) => trx('audit_log').where({ seq: 3 }).update({ actor_id: newId() })],
    ['removed', /broken at entry 3/, (trx) => trx('audit_log').where({ seq: 3 }).delete()],
    [
      'put in',
      /broken at entry 4/,
      async (trx) => {
        const row = await trx('audit_log').where({ seq: 3 }).first();
        for (const seq of [5, 4])
          await trx('audit_log')
            .where({ seq })
            .update({ seq: seq + 1 });
        await trx('audit_log').insert({ ...row, seq: 4, id: newId() });
      },
    ],
    [
      'swapped',
      /broken at entry 2/,
      async (trx) => {
        for (const [seq, to] of [
          [2, 99],
          [3, 2],
          [99, 3],
        ] as const)
          await trx('audit_log').where({ seq }).update({ seq: to });
      },
    ],
    ['cut off', /broken at entry 5/, (trx) => trx('audit_log').where({ seq: 5 }).delete()],
  ];
  it(`finds an entry that was ${attacks.map(([what]) => what).join(', ')}: names it, and answers 1`, async () => {
    const whole = await chain(2);
    const attacked: string[] = [];
    for (const [, , act] of attacks) {
      const tenantId = await chain(5);
      await tamper(tenantId, (trx) => act(trx, tenantId));
      attacked.push(tenantId);
    }
    const ended = await run('--json');
    const found = (tenantId?: string): Log | undefined => logsOf(ended).find((log) => log.tenantId === tenantId);
    assert.deepEqual([ended.code, found(whole)?.verdict], [1, 'intact']);
    for (const [at, [what, verdict]] of attacks.entries()) {
      assert.equal(found(attacked[at])?.holds, false, what);
      assert.match(String(found(attacked[at])?.verdict), verdict, what);
    }
    assert.deepEqual([(await run('--tenant', whole)).code, (await run('--tenant', String(attacked[0]))).code], [0, 1]);
  });

  it('finds a log that was cut off at a head of its own making, by a certificate that saw more', async () => {
    const tenantId = await chain(4);
    const file = write('seen.json', documentText(await certify(tenantId)));
    const keys = write('keys.json', JSON.stringify(await vault.vault.certificateKeys()));
    assert.equal((await run('--tenant', tenantId, '--certificate', file, '--keys', keys)).code, 0);
    await tamper(tenantId, async (trx) => {
      await trx('audit_log').where('seq', '>', 2).delete();
      const { seq, hash } = await trx('audit_log').where({ seq: 2 }).first();
      await trx('audit_heads').update({ seq, hash });
      await trx.raw('alter table certificates disable trigger all');
      await trx('certificates').delete();
      await trx.raw('alter table certificates enable trigger all');
    });
    assert.equal((await run('--tenant', tenantId)).code, 0, 'the chain itself is whole');
    const { code, stdout } = await run('--tenant', tenantId, '--certificate', file, '--keys', keys);
    assert.equal(code, 1);
    assert.match(stdout, /cut off: a certificate saw entry 4, the log ends at 2/);
  });

  it('finds a log that was made anew, by the certificates that are kept', async () => {
    const tenantId = await chain(3);
    await certify(tenantId);
    await tamper(tenantId, async (trx) => {
      await trx('audit_log').delete();
      await trx('audit_heads').delete();
    });
    await inTenant(databases.main, tenantId, async (trx) => {
      for (let at = 0; at < 4; at += 1) await write1(trx, tenantId);
    });
    const { code, stdout } = await run('--tenant', tenantId);
    assert.equal(code, 1);
    assert.match(stdout, /made anew: entry 3 is not the one a certificate saw/);
  });

  it('takes no certificate at its word that the keys do not bear out', async () => {
    const tenantId = await chain(2);
    const forged = write('forged.json', documentText(await makeSigner().sign({ ...contentOf(), tenantId })));
    const keys = write('own-keys.json', JSON.stringify(await vault.vault.certificateKeys()));
    const { code, stderr } = await run('--certificate', forged, '--keys', keys);
    assert.deepEqual([code, /is not valid/.test(stderr)], [1, true]);
    assert.match((await run('--tenant', tenantId, '--certificate', forged)).stdout, /signatures were not checked/);
  });

  it('answers 2 for what was typed wrong, and when there is nothing to ask', async () => {
    const wrong = [['--tenant', 'x'], ['--tenant', newId()], ['--certificate', 'nothing.json'], ['--keys', 'keys.json'], ['--nothing']];
    const codes = await Promise.all(wrong.map(async (args) => (await run(...args)).code));
    assert.deepEqual(
      codes,
      wrong.map(() => 2),
    );
    const away = promisify(execFile)(process.execPath, ['--import', 'tsx', 'cli/audit-verify.ts'], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
    });
    await assert.rejects(away, { code: 2, stderr: /The database cannot be asked \(ECONNREFUSED\)/ });
  });

  it('only reads: its connection refuses whatever would change something', async () => {
    const reader = openDatabase(databases.urls.main, { poolMax: 1, readOnly: true });
    const tenantId = newId();
    await assert.rejects(
      inTenant(reader, tenantId, (trx) => write1(trx, tenantId)),
      /read-only transaction/,
    );
    await reader.destroy();
  });
});
