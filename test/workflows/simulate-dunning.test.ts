import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { SimulationResult, SimulationSource } from '../../activities/dunning-simulation.ts';
import { defaultPolicy } from '../../domain/dunning/policy.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { DunningPolicyRow } from '../../platform/models/dunning-policy.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';
import { failureOf } from './support/runs.ts';
import { patient, useSimulating } from './support/simulating.ts';
import { statesOf } from './support/world.ts';

const example = readFileSync('docs/examples/failed-payments.csv', 'utf8');

describe('workflows/simulate-dunning', function () {
  this.timeout(60_000);
  const simulating = useSimulating();
  const outcome = (tenantId: string, source: SimulationSource): Promise<SimulationResult> =>
    simulating.run(tenantId, { source }, async (handle) => (await handle.result()) as SimulationResult);
  const refusal = async (source: SimulationSource): Promise<unknown> =>
    simulating.run(await simulating.makeSchool(), { source }, (handle) => failureOf(handle));

  it('tries a policy beside the school’s present one, the same for a seed, and says how it goes', async () => {
    const tenantId = await simulating.makeSchool();
    const own = { ...defaultPolicy, name: 'our own', version: 3 };
    const row = { tenant_id: tenantId, policy_version: 3, policy: own, created_by: newId() };
    await inTenant(simulating.making.databases.main, tenantId, async (trx) => DunningPolicyRow.query(trx).insert(row));
    const source = { sample: 3_000, seed: 7 };
    const first = await simulating.run(tenantId, { source }, async (handle, ends) => {
      const result = (await handle.result()) as SimulationResult;
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'simulate done');
      assert.match(ends[0]?.steps[0]?.detail ?? '', /^\d+ of 3000 recovered, \d+ by the present policy$/);
      return result;
    });
    assert.deepEqual([first.proposed.name, first.present.name, first.present.version], ['patient', 'our own', 3]);
    assert.deepEqual([first.invoices, first.known, first.proposed.invoices.failed], [3_000, 0, 3_000]);
    assert.ok(first.proposed.attempts.total < first.present.attempts.total);
    assert.match(first.caveat, /^3000 of them behave by a model/);
    assert.deepEqual(await outcome(tenantId, source), first);
  });

  it('reads an uploaded file, tells the rows that it could not use, and leaves the file for the next try', async () => {
    const tenantId = await simulating.makeSchool();
    const uploadId = await simulating.upload(tenantId, `${example.trimEnd()}\nin_bad,yesterday,1,usd,lost_card\n`);
    const first = await outcome(tenantId, { uploadId });
    assert.equal(first.invoices, 8);
    assert.deepEqual([first.badLines.count, first.badLines.first[0]?.line], [1, 10]);
    assert.deepEqual(await outcome(tenantId, { uploadId }), first);
  });

  it('reads the school’s own history, and what really became of it', async () => {
    const tenantId = await simulating.makeSchool();
    await plantHistory(simulating.making.databases.main, tenantId);
    const { invoices, known, proposed } = await outcome(tenantId, 'own-history');
    assert.deepEqual([invoices, known], [4, 3]);
    assert.deepEqual(Object.keys(proposed.byDeclineCode).sort(), ['expired_card', 'generic_decline', 'insufficient_funds', 'lost_card']);
    assert.equal(proposed.byDeclineCode['lost_card']?.recovered, 0);
    assert.equal(proposed.byDeclineCode['expired_card']?.recovered, 1);
  });

  it('stays small, whatever the file names', async () => {
    const tenantId = await simulating.makeSchool();
    const codeOf = (n: number): string => `code_${String.fromCodePoint(97 + (n % 26), 97 + Math.floor(n / 26))}`;
    const rows = Array.from({ length: 600 }, (_, n) => `in_${n},2026-03-01T06:00:00Z,100,usd,${codeOf(n)}`);
    const uploadId = await simulating.upload(tenantId, `invoice_id,failed_at,amount_minor,currency,decline_code\n${rows.join('\n')}\n`);
    const result = await outcome(tenantId, { uploadId });
    assert.equal(Object.keys(result.proposed.byDeclineCode).length, 30);
    assert.ok(JSON.stringify(result).length < 20_000);
  });

  it('refuses in words what it cannot simulate', async () => {
    const codeOf = async (source: SimulationSource): Promise<unknown> => ((await refusal(source)) as { type?: unknown }).type;
    assert.equal(await codeOf('own-history'), 'unusable-file');
    assert.equal(await codeOf({ uploadId: newId() }), 'upload-missing');
    const tenantId = await simulating.makeSchool();
    for (const [text, code] of [
      ['name,age\nAda,36\n', 'unusable-file'],
      ['', 'unusable-file'],
      ['invoice_id,failed_at,amount_minor,currency,decline_code\n', 'unusable-file'],
      ['PK\u0003\u0004\u0000\u0000', 'wrong-encoding'],
    ] as const) {
      const uploadId = await simulating.upload(tenantId, text);
      const error = await simulating.run(tenantId, { source: { uploadId }, policy: patient }, (handle) => failureOf(handle));
      assert.equal((error as { type?: unknown }).type, code, text);
    }
  });
});

/** Four bills that failed: one paid by the same card, one by another, one written off, one still open; and one that never failed. */
async function plantHistory(main: Parameters<typeof inTenant>[0], tenant_id: string): Promise<void> {
  const at = (day: number): Date => new Date(Date.UTC(2026, 2, day, 12));
  const bills = [
    { status: 'paid', decline: 'insufficient_funds', paid: { card: 'one', day: 4 } },
    { status: 'paid', decline: 'expired_card', paid: { card: 'two', day: 3 } },
    { status: 'uncollectible', decline: 'lost_card' },
    { status: 'open', decline: null },
    { status: 'paid', paid: { card: 'one', day: 1 } },
  ];
  await inTenant(main, tenant_id, async (trx) => {
    for (const [number, { status, decline, paid }] of bills.entries()) {
      const id = newId();
      const money = { amount_minor: 19_900, currency: 'usd' };
      await Invoice.query(trx).insert({ id, tenant_id, stripe_invoice_id: `in_${number}`, status, ...money });
      const attempt = (outcome: 'declined' | 'succeeded', card: string, day: number) => ({
        id: newId(),
        tenant_id,
        invoice_id: id,
        stripe_payment_id: `ch_${number}_${outcome}`,
        outcome,
        ...money,
        method_id: card,
        card,
        brand: 'visa',
        decline_code: outcome === 'declined' ? (decline ?? null) : null,
        attempted_at: at(day),
        read_at: at(day),
      });
      if (decline !== undefined) await Payment.query(trx).insert(attempt('declined', 'one', 1));
      if (paid) await Payment.query(trx).insert(attempt('succeeded', paid.card, paid.day));
    }
  });
}
