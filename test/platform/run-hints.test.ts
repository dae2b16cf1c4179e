import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RunHint } from '../../domain/run.ts';
import { openRedis } from '../../platform/redis.ts';
import { createRunHintFeed, createRunNotifier } from '../../platform/run-hints.ts';
import { quietLog } from '../support/api.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';

const hintOf = (runId: string, n: number, detail = ''): RunHint => ({
  id: `${runId}-${n}`,
  runId,
  tenantId: 'tenant',
  at: new Date().toISOString(),
  progress: { steps: [{ name: 'one', state: 'running', detail }] },
});

describe('run hints', () => {
  const redis = openRedis(servers().redis, quietLog);
  const subscriber = openRedis(servers().redis, quietLog);
  const subscribersOf = async (runId: string): Promise<number> => Number((await redis.pubsub('NUMSUB', `run:${runId}`))[1]);
  after(() => {
    redis.disconnect();
    subscriber.disconnect();
  });

  it('reach every watcher of the run, and no other, until the watcher leaves', async () => {
    const [runId, other] = [randomUUID(), randomUUID()];
    const feed = createRunHintFeed({ redis: subscriber, logger: quietLog });
    const heard: string[] = [];
    const leave = feed.watch(runId, () => heard.push('one'));
    const leaveToo = feed.watch(runId, () => heard.push('two'));
    const leaveOther = feed.watch(other, () => heard.push('other'));
    await until(async () => (await subscribersOf(runId)) === 1 && (await subscribersOf(other)) === 1);
    const notifier = createRunNotifier({ redis, logger: quietLog });
    notifier.moved(hintOf(runId, 1));
    await until(() => heard.length === 2);
    assert.deepEqual(heard.toSorted(), ['one', 'two']);
    leave();
    notifier.moved(hintOf(runId, 2));
    await until(() => heard.length === 3);
    assert.equal(heard.at(-1), 'two');
    leaveToo();
    leaveOther();
    await until(async () => (await subscribersOf(runId)) === 0);
  });

  it('are few when moves are many: the newest is told, those in between are not', async () => {
    const runId = randomUUID();
    const pushed: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const trigger = async (_channel: string, _event: string, { id }: { id: string }): Promise<void> => {
      pushed.push(id);
      await held;
    };
    const notifier = createRunNotifier({ redis, push: { trigger }, logger: quietLog });
    for (let n = 1; n <= 500; n += 1) notifier.moved(hintOf(runId, n));
    release();
    await notifier.drained();
    assert.deepEqual(pushed, [`${runId}-1`, `${runId}-500`]);
  });

  it("go to the tenant's private channel, without the steps when those are too long for Pusher", async () => {
    const pushed: unknown[][] = [];
    const trigger = async (...event: unknown[]): Promise<void> => void pushed.push(event);
    const notifier = createRunNotifier({ redis, push: { trigger }, logger: quietLog });
    const [short, long] = [hintOf(randomUUID(), 1), hintOf(randomUUID(), 1, 'x'.repeat(10_000))];
    notifier.moved(short);
    await notifier.drained();
    notifier.moved(long);
    await notifier.drained();
    const { tenantId: _, ...event } = short;
    assert.deepEqual(pushed, [
      ['private-tenant-tenant', 'run.moved', event],
      ['private-tenant-tenant', 'run.moved', { id: long.id, runId: long.runId, at: long.at }],
    ]);
  });

  it('are lost without harm when nobody can be reached', async () => {
    const nowhere = openRedis({ url: 'redis://127.0.0.1:9' }, quietLog);
    const lost: string[] = [];
    const notifier = createRunNotifier({
      redis: nowhere,
      push: { trigger: () => Promise.reject(new Error('away')) },
      logger: { warn: (...line: unknown[]) => void lost.push(String(line.at(-1))) },
    });
    notifier.moved(hintOf(randomUUID(), 1));
    await notifier.drained();
    nowhere.disconnect();
    assert.deepEqual(lost, ['run hint lost', 'run hint lost']);
  });
});
