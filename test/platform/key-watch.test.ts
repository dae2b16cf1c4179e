import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { newId } from '../../platform/ids.ts';
import { createKeyNews } from '../../platform/key-news.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { openRedis } from '../../platform/redis.ts';
import { useDatabases } from '../support/database.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

const never = 3_600_000;

describe('keys destroyed in another process', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const test = useVault();
  const logger = { warn: () => undefined };
  const closing: (() => void)[] = [];
  let admin: Redis;
  before(() => void (admin = new Redis(servers().redis.url)));
  afterEach(() => closing.splice(0).forEach((close) => close()));
  after(() => admin.disconnect());

  /** A keyring as a process of its own has it. */
  function open(watch: { everyMs?: number; trustMs?: number } = {}, knex = databases.keyring) {
    const [redis, subscriber] = [openRedis(servers().redis, logger), openRedis(servers().redis, logger)];
    const keyring = createKeyring({ knex, vault: test.vault, news: createKeyNews({ redis, subscriber, logger }), watch });
    closing.push(
      () => keyring.close(),
      () => redis.disconnect(),
    );
    return { keyring, subscriber, redis };
  }
  /** A person whose key a keyring has in memory. */
  async function person(keyring: Keyring): Promise<{ tenantId: string; id: string }> {
    const [tenantId, id] = [newId(), newId()];
    await test.vault.createTenantKey(tenantId);
    await keyring.createSubjectKeys(tenantId, [id]);
    await until(async () => {
      await keyring.sealer(tenantId, [id]);
      return keyring.cachedKeys > 0;
    });
    return { tenantId, id };
  }
  const subscribed = (count: number): Promise<unknown> =>
    until(async () => Number((await admin.pubsub('NUMSUB', 'keys-destroyed'))[1]) >= count);

  it('are zeroed here when the news comes, also in a sealer that is at work', async () => {
    const [here, there] = [open({ everyMs: never, trustMs: never }), open({ everyMs: never, trustMs: never })];
    await subscribed(2);
    const { tenantId, id } = await person(here.keyring);
    const sealer = await here.keyring.sealer(tenantId, [id]);
    assert.equal(sealer.has(id), true);
    await there.keyring.destroySubjectKeys(tenantId, [id]);
    await until(() => !sealer.has(id));
    assert.equal((await here.keyring.sealer(tenantId, [id])).has(id), false);
  });

  it('leaves the keys of others in memory', async () => {
    const [here, there] = [open({ everyMs: 20, trustMs: never }), open({ everyMs: never, trustMs: never })];
    await subscribed(2);
    const [gone, stays] = [await person(here.keyring), await person(here.keyring)];
    const before = here.keyring.cachedKeys;
    await there.keyring.destroySubjectKeys(gone.tenantId, [gone.id]);
    await until(() => here.keyring.cachedKeys < before);
    assert.equal((await here.keyring.sealer(stays.tenantId, [stays.id])).has(stays.id), true);
  });

  it('are let go of when the line was cut while the news was told, as soon as it is up again', async () => {
    const [here, there] = [open({ everyMs: never, trustMs: never }), open({ everyMs: never, trustMs: never })];
    await subscribed(2);
    const { tenantId, id } = await person(here.keyring);
    here.subscriber.disconnect();
    await until(() => here.subscriber.status === 'end');
    await there.keyring.destroySubjectKeys(tenantId, [id]);
    assert.equal((await here.keyring.sealer(tenantId, [id])).has(id), true, 'nothing was lost');
    await here.subscriber.connect();
    await until(() => here.keyring.cachedKeys === 0);
    assert.equal((await here.keyring.sealer(tenantId, [id])).has(id), false);
  });

  it('are let go of within a second when nobody ever hears a thing', async () => {
    const [here, there] = [open({ everyMs: 50 }), open()];
    const { tenantId, id } = await person(here.keyring);
    for (const { subscriber, redis } of [here, there]) [subscriber, redis].forEach((each) => each.disconnect());
    await there.keyring.destroySubjectKeys(tenantId, [id]);
    await until(async () => !(await here.keyring.sealer(tenantId, [id])).has(id));
  });

  it('are not handed out when it cannot be known whether they still are', async () => {
    const here = open({ everyMs: never, trustMs: 200 });
    const { tenantId, id } = await person(here.keyring);
    const elsewhere = createKeyring({ knex: databases.keyring, vault: test.vault });
    for (const each of [here.subscriber, here.redis]) each.disconnect();
    await elsewhere.destroySubjectKeys(tenantId, [id]);
    await until(async () => !(await here.keyring.sealer(tenantId, [id])).has(id));
  });

  it('forgets nothing for a message that nobody of us has sent', async () => {
    const here = open({ everyMs: never, trustMs: never });
    await subscribed(1);
    const { tenantId, id } = await person(here.keyring);
    for (const text of ['', '{"generation":1}', '[]']) await admin.publish('keys-destroyed', text);
    assert.equal((await here.keyring.sealer(tenantId, [id])).has(id), true);
  });

  it('come to one state, whatever order they are destroyed in, by many at a time', async () => {
    const [here, there] = [open({ everyMs: 20 }), open({ everyMs: 20 })];
    await subscribed(2);
    const people = await Promise.all(Array.from({ length: 30 }, () => person(here.keyring)));
    await Promise.all(people.map(({ tenantId, id }, at) => (at % 2 ? here : there).keyring.destroySubjectKeys(tenantId, [id])));
    for (const { tenantId, id } of people) await until(async () => !(await here.keyring.sealer(tenantId, [id])).has(id));
  });
});
