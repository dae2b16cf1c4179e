import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { channelOf } from '../../../domain/tenant.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Invoice } from '../../../platform/models/invoice.ts';
import { pushConfig, useApi } from '../../support/api.ts';

describe('invoices', () => {
  const api = useApi();
  before(async () => {
    for (const [school, count] of [
      [0, 3],
      [1, 1],
    ] as const) {
      const tenant_id = api.schools[school].id;
      for (let number = 1; number <= count; number += 1) {
        const invoice = {
          id: newId(),
          tenant_id,
          stripe_invoice_id: `in_${number}`,
          number: `${number}`,
          status: 'open',
          amount_minor: 19_900,
          currency: 'usd',
        };
        await inTenant(api.main, tenant_id, async (trx) => Invoice.query(trx).insert(invoice));
      }
    }
  });

  it('are those of one’s own school, newest first, in minor units', async () => {
    const first = await api.send('/v1/invoices?limit=2', { as: 'billing' });
    const second = await api.send(`/v1/invoices?limit=2&cursor=${String(first.body['nextCursor'])}`, { as: 'billing' });
    const items = [first, second].flatMap(({ body }) => body['items'] as unknown as { number: string; amountMinor: number }[]);
    assert.deepEqual(
      items.map(({ number }) => number),
      ['3', '2', '1'],
    );
    assert.equal(items[0]?.amountMinor, 19_900);
  });
});

describe('the private channel of a tenant', () => {
  const api = useApi();
  const join = (channel: string, socket = '123.456') =>
    api.send('/v1/pusher/auth', {
      as: 'teacher',
      method: 'POST',
      raw: new URLSearchParams({ socket_id: socket, channel_name: channel }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

  it('is joined with a signature that Pusher can check', async () => {
    const channel = channelOf(api.schools[0].id);
    const { status, body } = await join(channel);
    const signature = createHmac('sha256', pushConfig.secret).update(`123.456:${channel}`).digest('hex');
    assert.deepEqual([status, body], [200, { auth: `${pushConfig.key}:${signature}` }]);
  });

  it('of another tenant, or of another kind, is not joined', async () => {
    for (const channel of [channelOf(api.schools[1].id), 'private-everything', `presence-tenant-${api.schools[0].id}`]) {
      assert.equal((await join(channel)).status, 403);
    }
    assert.equal((await join(channelOf(api.schools[0].id), '1:private-other')).status, 422);
  });
});
