import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createMetrics } from '../../../api/support/metrics.ts';
import { lastDays, readBillingMetrics } from '../../../platform/billing-metrics.ts';
import { acrossSchools, inTenant, openDatabase } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { useApi } from '../../support/api.ts';

describe('GET /v1/billing/metrics', () => {
  const api = useApi();
  const yesterday = Date.now() - 86_400_000;
  const at = (hour: number): Date => new Date(yesterday + hour * 3_600_000);

  async function bill(status: string, outcomes: readonly (readonly [string, number])[], settledAt?: Date): Promise<void> {
    const tenant_id = api.schools[0].id;
    const id = newId();
    const money = { amount_minor: 1_000, remaining_minor: status === 'open' ? 1_000 : 0, currency: 'usd' };
    const invoice = { id, tenant_id, stripe_invoice_id: `in_${id}`, status, ...money, settled_at: settledAt ?? null };
    const payments = outcomes.map(([outcome, hour]) => {
      const card = { method_id: 'pm_1', card: 'card', brand: 'visa' };
      const key = { id: newId(), tenant_id, invoice_id: id, stripe_payment_id: `ch_${newId()}` };
      return { ...key, ...card, outcome, amount_minor: 1_000, currency: 'usd', attempted_at: at(hour), read_at: at(hour) };
    });
    await inTenant(api.main, tenant_id, async (trx) => {
      await trx('invoices').insert(invoice);
      await trx('payments').insert(payments);
    });
  }

  it('tells what failed, what of it was recovered and how soon, and what is at risk', async () => {
    await bill(
      'paid',
      [
        ['declined', 0],
        ['succeeded', 2],
      ],
      at(2),
    );
    await bill('paid', [['succeeded', 1]], at(1));
    await bill('open', [
      ['declined', 1],
      ['declined', 3],
    ]);
    const { status, body } = await api.send('/v1/billing/metrics', { as: 'billing' });
    assert.equal(status, 200);
    assert.equal(Number(body['recoveryRate']), 0.5);
    assert.deepEqual(body['currencies'], [
      { currency: 'usd', failed: 2, recovered: 1, failedMinor: 2_000, recoveredMinor: 1_000, atRiskMinor: 1_000 },
    ]);
    assert.deepEqual(body['attempts'], { declined: 3, succeeded: 2 });
    assert.deepEqual(body['secondsToRecover'], { median: 7_200, p90: 7_200 });
  });

  it('tells the platform’s staff of one school and of all together, and no school of another', async () => {
    const [one, all, none] = await Promise.all(
      [`?tenantId=${api.schools[0].id}`, '', `?tenantId=${newId()}`].map((query) => api.send(`/v1/billing/metrics${query}`, { as: 'ops' })),
    );
    assert.deepEqual(one?.body['attempts'], { declined: 3, succeeded: 2 });
    assert.deepEqual(all?.body['currencies'], one?.body['currencies']);
    assert.equal(none?.status, 404);
    assert.equal((await api.send(`/v1/billing/metrics?tenantId=${api.schools[0].id}`, { as: 'billing', school: 1 })).status, 404);
  });

  it('is scraped over all schools, and says when it could not be read', async () => {
    const scrape = (database: Knex): Promise<string> =>
      createMetrics(() => acrossSchools(database, (trx) => readBillingMetrics(trx, lastDays(new Date())))).text();
    const text = await scrape(api.main);
    for (const line of [
      'billing_figures_up 1',
      'billing_recovery_ratio 0.5',
      'billing_at_risk_minor_units{currency="usd"} 1000',
      'billing_payment_attempts{outcome="declined"} 3',
      'billing_recovery_seconds{quantile="0.5"} 7200',
    ])
      assert.ok(text.includes(`${line}\n`), line);
    const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
    assert.match(await scrape(away), /billing_figures_up 0\n/);
    await away.destroy();
  });

  it('tells of an empty period, and of a school without invoices, that there was nothing', async () => {
    const empty = await api.send('/v1/billing/metrics?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z', { as: 'billing' });
    assert.deepEqual([empty.body['recoveryRate'], empty.body['attempts']], [null, {}]);
    const other = await api.send('/v1/billing/metrics', { as: 'billing', school: 1 });
    assert.deepEqual(other.body['currencies'], []);
  });
}).timeout(30_000);
