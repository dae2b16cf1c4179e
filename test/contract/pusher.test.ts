import assert from 'node:assert/strict';
import { pusherAt } from '../sandboxes/support/clients.ts';
import { describeContract } from './support/suite.ts';

describeContract('pusher', async ({ proxy }) => {
  const pusher = pusherAt(proxy.url);
  await pusher.trigger(['private-tenant-1', 'news'], 'moved', { id: 'e1' }, { socket_id: '1.2', info: 'subscription_count' });
  await pusher.triggerBatch([
    { channel: 'news', name: 'moved', data: { id: 'e2' } },
    { channel: 'presence-staff', name: 'moved', data: 'text', info: 'user_count' },
  ]);
  await pusher.sendToUser('42', 'hello', { id: 'e3' });
  await pusher.get({ path: '/channels', params: { filter_by_prefix: 'presence-', info: 'user_count' } });
  await pusher.get({ path: '/channels/news', params: { info: 'subscription_count' } });
  await pusher.get({ path: '/channels/presence-staff/users' });
  await pusher.terminateUserConnections('42');
  await assert.rejects(pusher.trigger('news', 'moved', 'x'.repeat(10_241)), { status: 413 });
  await assert.rejects(pusher.get({ path: '/channels/news/users' }), { status: 400 });
  await assert.rejects(pusherAt(proxy.url, 'other').trigger('news', 'moved', {}), { status: 401 });
});
