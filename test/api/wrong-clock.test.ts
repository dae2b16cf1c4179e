import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { ensureDemoAccount } from '../../platform/demo-account.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { Account } from '../../platform/models/account.ts';
import { Run } from '../../platform/models/run.ts';
import { Upload } from '../../platform/models/upload.ts';
import { useApiProcesses } from '../support/api-process.ts';
import { testPassword } from '../support/identity.ts';
import { openStream } from '../support/sse.ts';

const preload = './test/support/wrong-clock.ts';
const email = 'ada@platform.example';
/** Of an empty zip; what counts is that it is taken, and kept. */
const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(1_000)]);
const hourMs = 3_600_000;

describe('two APIs whose hosts differ by an hour', function () {
  this.timeout(60_000);
  const processes = useApiProcesses();
  let right: string;
  before(async () => {
    const { databases, vault } = processes;
    const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    await ensureDemoAccount({ main: databases.main, keyring }, email, testPassword);
    right = await processes.run(common).url();
  });
  const common = { PUBLIC_URL: 'https://toolbox.test', MFA_REQUIRED: 'false' };

  const tokenOf = async (url: string): Promise<string> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/auth/token`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ email, password: testPassword }),
    });
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { accessToken: string }).accessToken;
  };
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

  /** A run that Temporal has not heard of yet. */
  const writeRun = async (createdAt: Date): Promise<string> => {
    const id = newId();
    await inTenant(processes.databases.main, platformTenantId, async (trx) => {
      const account = await Account.query(trx).first();
      const own = { id, tenant_id: platformTenantId, workflow_id: `onboard-school:${id}`, request_id: newId(), created_at: createdAt };
      await Run.query(trx).insert({ ...own, process: 'onboard-school', started_by: String(account?.id) });
    });
    return id;
  };

  for (const [word, aheadMs] of Object.entries({ ahead: hourMs, behind: -hourMs }))
    describe(`the one that is ${word}`, () => {
      let wrong: string;
      before(async () => {
        wrong = await processes.run({ ...common, CLOCK_AHEAD_MS: String(aheadMs) }, preload).url();
      });

      it('is believed by the other, and believes it', async () => {
        for (const [from, at] of [
          [wrong, right],
          [right, wrong],
          [wrong, wrong],
        ] as const)
          assert.equal((await fetch(`${at}/v1/me`, { headers: bearer(await tokenOf(from)) })).status, 200);
      });

      it('stores files, for as long as the other does', async () => {
        const headers = { ...bearer(await tokenOf(right)), 'content-type': 'application/zip' };
        const kept: number[] = [];
        for (const url of [wrong, right]) {
          const answer = await fetch(`${url}/v1/uploads`, { method: 'POST', headers, body: zip });
          assert.equal(answer.status, 201, await answer.clone().text());
          const { id } = (await answer.json()) as { id: string };
          const stored = await inTenant(processes.databases.main, platformTenantId, async (trx) => Upload.query(trx).findById(id));
          kept.push(Number(stored?.expires_at.getTime()) - Date.now());
        }
        for (const ms of kept) assert.ok(Math.abs(ms - 24 * hourMs) < 60_000, `${ms} ms`);
      });

      it('follows a run as long as the token is good', async () => {
        const headers = { authorization: `Bearer ${await tokenOf(wrong)}` };
        const id = await writeRun(new Date());
        const stream = await openStream(`${wrong}/v1/runs/${id}/events`, headers);
        await stream.until(({ status }) => (status as unknown) === 'running');
        const end = { status: 'completed', closed_at: new Date() } as const;
        await inTenant(processes.databases.main, platformTenantId, async (trx) => Run.query(trx).where({ id }).patch(end));
        await stream.until(({ status }) => (status as unknown) === 'completed');
        await stream.ended;
      });

      it('gives a run that is about to begin the same time to do so', async () => {
        const token = await tokenOf(right);
        const statusAt = async (url: string, createdAt: Date): Promise<unknown> => {
          const run = await fetch(`${url}/v1/runs/${await writeRun(createdAt)}`, { headers: bearer(token) });
          return ((await run.json()) as { status: string }).status;
        };
        for (const url of [wrong, right]) {
          assert.equal(await statusAt(url, new Date()), 'running');
          assert.equal(await statusAt(url, new Date(Date.now() - 120_000)), 'failed');
        }
      });
    });
});
