import assert from 'node:assert/strict';
import { inTenant } from '../../platform/database.ts';
import type { CertificateContent } from '../../domain/privacy/certificate.ts';
import { PrivacyRequest } from '../../platform/models/privacy-request.ts';
import { openedHistory } from '../support/opened-history.ts';
import { databaseText, effectsOn, playOrdered } from '../support/roblox-school.ts';
import { type Asked, atOnce, speechOf, verification } from './support/erase-speech.ts';
import { playersOf } from './support/erase-players.ts';
import { useErasures } from './support/erase-world.ts';

const dayMs = 86_400_000;

describe('a person who plays on Roblox, and is erased', function () {
  this.timeout(120_000);
  const erasures = useErasures();
  const speech = speechOf(erasures);
  const school = () => erasures.schools[0].id;
  beforeEach(() => erasures.setPolicy(atOnce));
  afterEach(() => erasures.roblox.control.reset());

  const { newPlayer, playAt, letTimePass, askAndTravel } = playersOf(erasures);
  const certificatesOf = async ({ id }: Asked): Promise<Readonly<Record<'erased' | 'final', CertificateContent>>> => {
    const row = await inTenant(erasures.main, school(), async (trx) => PrivacyRequest.query(trx).findById([school(), id]));
    const read = async (each: string | null | undefined): Promise<CertificateContent> =>
      (await erasures.send(`/v1/privacy/certificates/${String(each)}`, { as: 'tenant_admin' })).body[
        'content'
      ] as unknown as CertificateContent;
    return { erased: await read(row?.erased_certificate_id), final: await read(row?.final_certificate_id) };
  };
  const daysWaited = async (asked: Asked): Promise<number> => {
    const { finalAt, erasedAt } = await asked.read();
    return (Date.parse(String(finalAt)) - Date.parse(String(erasedAt))) / dayMs;
  };

  it('loses every entry, page after page, and the erasure is final when Roblox keeps nothing of them any more', async () => {
    const { personId, userId, key } = await newPlayer();
    for (let store = 1; store <= 7; store += 1) await playAt(`Store${store}`, key);
    await playOrdered(erasures.roblox.url, 'Wins', key);
    letTimePass();
    const asked = await askAndTravel(personId);
    assert.equal((await asked.result())['outcome'], 'erased');
    const request = await asked.read();
    assert.deepEqual(request['dryRun']?.['roblox'], { entries: 8, tombstones: 0 });
    assert.deepEqual(request['residual']?.['roblox'], { entries: 0, tombstones: 0 });
    const [receipt] = await speech.rowsOf('privacy_receipts', { request_id: asked.id, place: 'roblox' });
    assert.deepEqual([receipt?.['counts'], receipt?.['refs']], [{ entries: 8 }, []]);
    const until = new Date(receipt?.['kept_until'] as Date).toISOString();
    const tombstone = { place: 'roblox', reference: asked.id, until };
    const { erased, final } = await certificatesOf(asked);
    assert.deepEqual([erased.tombstones, final.tombstones], [[{ ...tombstone, gone: false }], [{ ...tombstone, gone: true }]]);
    const days = await daysWaited(asked);
    assert.ok(days > 29.9 && days < 30.1, `${days} days`);
    assert.equal(request['finalAfter'], until);
    const told = [JSON.stringify(await openedHistory(erasures.handleOf(personId))), await databaseText(erasures.databases)];
    for (const text of [...told, JSON.stringify([erased, final, request])]) assert.equal(text.includes(userId), false);
    const index = await erasures.keyring.blindIndex(school());
    assert.equal(await index.has('erased-roblox', asked.id), false);
  });

  it('is found by digest when a game writes again after the keys went, and again before the end', async () => {
    const { personId, key } = await newPlayer();
    await playAt('Players', key);
    letTimePass(() => playAt('Players', key));
    const { around } = erasures;
    erasures.around = async (name, act) => {
      const result = await around(name, act);
      if (name === 'noteKeysDestroyed') await playAt('Players', key);
      return result;
    };
    const asked = await askAndTravel(personId);
    assert.equal((await asked.result())['outcome'], 'erased');
    const erasing = ['POST', 'PATCH', 'DELETE'];
    assert.deepEqual(await effectsOn(erasures.roblox.control, key), [...erasing, ...erasing, ...erasing]);
    const days = await daysWaited(asked);
    assert.ok(days > 60 && days < 61, `${days} days`);
    const { erased, final } = await certificatesOf(asked);
    assert.deepEqual([erased.tombstones.length, final.tombstones[0]?.gone], [1, true]);
  });

  it('is erased to the end though Roblox refuses to be searched when the keys are gone', async () => {
    const { personId, key } = await newPlayer();
    await playAt('Players', key);
    letTimePass();
    const { around } = erasures;
    erasures.around = async (name, act) => {
      const result = await around(name, act);
      if (name === 'noteKeysDestroyed') await erasures.roblox.control.addFault({ kind: 'status', status: 403, method: 'GET', times: 3 });
      return result;
    };
    const asked = await askAndTravel(personId);
    assert.equal((await asked.result())['outcome'], 'erased');
    assert.deepEqual(await effectsOn(erasures.roblox.control, key), ['POST', 'PATCH', 'DELETE']);
  });

  it('is not looked for at Roblox when nobody knows them there', async () => {
    const { personId } = await speech.newPerson('wilma');
    await erasures.roblox.control.addFault({ kind: 'status', status: 403, times: 1_000 });
    const asked = await speech.ask(personId, { verification });
    assert.equal((await asked.result())['outcome'], 'erased');
    const request = await asked.read();
    assert.deepEqual(
      [request['dryRun']?.['roblox'], request['residual']?.['roblox']],
      [
        { entries: 0, tombstones: 0 },
        { entries: 0, tombstones: 0 },
      ],
    );
    const { erased, final } = await certificatesOf(asked);
    assert.deepEqual([erased.tombstones, final.tombstones], [[], []]);
    const [fault] = await erasures.roblox.control.faults();
    assert.equal(fault?.left, 1_000);
  });
});
