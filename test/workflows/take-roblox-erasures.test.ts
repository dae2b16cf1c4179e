import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { workflowIdOf } from '../../domain/workflow-id.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { Person } from '../../platform/models/person.ts';
import { WebhookEvent } from '../../platform/models/webhook-event.ts';
import { sealRow } from '../../platform/pii.ts';
import { storeNotice } from '../../platform/privacy/roblox-requests.ts';
import type { TakeRobloxErasuresResult } from '../../workflows/take-roblox-erasures.messages.ts';
import { useDatabases } from '../support/database.ts';
import { openedHistory } from '../support/opened-history.ts';
import { addPlayer, databaseText } from '../support/roblox-school.ts';
import { makeTenant } from '../support/school.ts';
import { useVault } from '../support/vault.ts';
import { failureOf, stepsOf } from './support/runs.ts';
import { type Taking, withTaking } from './support/taking-erasures.ts';
import { createGate } from './support/recording.ts';
import { untilCancelled } from './support/world.ts';

let players = 5_000_000;
const player = (): string => String((players += 1));

describe('takeRobloxErasures', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const vault = useVault();
  let keyring: Keyring;
  let schools: [string, string];

  before(async () => {
    keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    const make = () => makeTenant({ main: databases.main, vault: vault.vault }, `s-${newId()}`);
    schools = [await make(), await make()];
  });
  const parts = () => ({ main: databases.main, keyring });
  const add = (tenantId: string, userId: string): Promise<string> => addPlayer(parts(), tenantId, userId);
  const notice = async (userId: string): Promise<string> => {
    const eventId = newId();
    await storeNotice(parts(), { eventId, userId, gameIds: [], occurredAt: new Date() });
    return eventId;
  };
  const eventOf = (id: string): Promise<WebhookEvent | undefined> =>
    inTenant(databases.main, platformTenantId, async (trx) => WebhookEvent.query(trx).findById([platformTenantId, 'roblox', id]));
  const within = <T>(test: (taking: Taking) => Promise<T>, around?: (name: string) => Promise<void>): Promise<T> =>
    withTaking({ knex: databases.main, keyring, pageMs: 0 }, test, around);
  const taken = async ({ start }: Taking): Promise<TakeRobloxErasuresResult> =>
    (await start()).result() as Promise<TakeRobloxErasuresResult>;
  const erasureOf = ({ on }: Taking, tenantId: string, personId: string) =>
    on.client.workflow.getHandle(workflowIdOf('erase-subject', tenantId, personId));

  it('starts an erasure of everybody who plays under the number, in whatever school, and destroys the number', async () => {
    const userId = player();
    const people = [
      [schools[0], await add(schools[0], userId)],
      [schools[0], await add(schools[0], userId)],
      [schools[1], await add(schools[1], userId)],
    ] as const;
    const other = await add(schools[1], player());
    const eventId = await notice(userId);
    await within(async (taking) => {
      const handle = await taking.start();
      const result = (await handle.result()) as TakeRobloxErasuresResult;
      assert.deepEqual(result, { requests: 1, unknown: 0, started: 3, known: 0, more: false });
      for (const [tenantId, personId] of people) {
        const run = erasureOf(taking, tenantId, personId);
        assert.equal((await run.describe()).type, 'eraseSubject');
        await run.terminate('the test is over');
      }
      await assert.rejects(erasureOf(taking, schools[1], other).describe());
      assert.equal(JSON.stringify(await openedHistory(handle)).includes(userId), false);
    });
    const event = await eventOf(eventId);
    assert.deepEqual([event?.status, event?.reason], ['done', null]);
    assert.equal((await databaseText(databases)).includes(userId), false);
    assert.equal((await keyring.sealer(platformTenantId, [event?.object_id ?? ''])).has(event?.object_id ?? ''), false);
  });

  it('starts no second erasure of who is being erased, or was', async () => {
    const userId = player();
    const personId = await add(schools[0], userId);
    await within(async (taking) => {
      await notice(userId);
      assert.equal((await taken(taking)).started, 1);
      await notice(userId);
      assert.deepEqual(await taken(taking), { requests: 1, unknown: 0, started: 0, known: 1, more: false });
      await erasureOf(taking, schools[0], personId).terminate('the test is over');
    });
  });

  it('settles a player nobody knows, with that reason, and one whose number is another’s today', async () => {
    const [unknown, former] = [player(), player()];
    const personId = await add(schools[0], former);
    await within(async (taking) => {
      await notice(player());
      await taken(taking);
      const sealer = await keyring.sealer(schools[0], [personId]);
      const place = { table: Person.tableName, tenantId: schools[0], subjectId: personId, rowId: personId };
      const sealed = sealRow(sealer, Person.pii, place, { roblox_user_id: player() });
      await inTenant(databases.main, schools[0], async (trx) => Person.query(trx).findById(personId).patch(sealed));
      const ids = [await notice(unknown), await notice(former)];
      assert.deepEqual(await taken(taking), { requests: 2, unknown: 2, started: 0, known: 0, more: false });
      for (const id of ids)
        assert.deepEqual([(await eventOf(id))?.status, (await eventOf(id))?.reason], ['refused', 'of a player no school knows']);
    });
  });

  it('knows nobody who has been erased', async () => {
    const userId = player();
    const personId = await add(schools[0], userId);
    await within(async (taking) => {
      await notice(player());
      await taken(taking);
      await keyring.destroySubjectKeys(schools[0], [personId]);
      await notice(userId);
      assert.equal((await taken(taking)).unknown, 1);
    });
  });

  it('has nothing to do when nothing came', () =>
    within(async (taking) => {
      const handle = await taking.start();
      assert.deepEqual(await handle.result(), { requests: 0, unknown: 0, started: 0, known: 0, more: false });
      assert.deepEqual(await stepsOf(handle), {
        read: 'done',
        'index-users': 'skipped',
        match: 'skipped',
        erase: 'skipped',
        settle: 'skipped',
      });
    }));

  it('is cancelled between its steps, and leaves what came to the next run', async () => {
    const eventId = await notice(player());
    const begun = createGate<Awaited<ReturnType<Taking['start']>>>();
    await within(
      async (taking) => {
        const handle = await taking.start();
        begun.open(handle);
        await failureOf(handle);
      },
      async (name) => {
        if (name !== 'matchRobloxErasures') return;
        await (await begun.opened).cancel();
        await untilCancelled();
      },
    );
    assert.equal((await eventOf(eventId))?.status, 'stored');
    await within(async (taking) => assert.equal((await taken(taking)).unknown, 1));
  });
});
