import assert from 'node:assert/strict';
import { newId } from '../../platform/ids.ts';
import { fastForward } from '../support/time-travel.ts';
import { until } from '../support/until.ts';
import { asking, atOnce, speechOf, verification } from './support/erase-speech.ts';
import { useErasures } from './support/erase-world.ts';

const hour = 3_600;
const day = 24 * hour;

describe('workflows/erase-subject', function () {
  this.timeout(120_000);
  const erasures = useErasures();
  const { newPerson, ...speech } = speechOf(erasures);

  it('erases a person from every table, ends their sign-ins and says what it did', async () => {
    await erasures.setPolicy(atOnce);
    const { personId, member } = await newPerson('ada');
    const asked = await speech.ask(personId, { verification });
    const { outcome, certificateIds } = await asked.result();
    assert.equal(outcome, 'erased');
    const request = await asked.read();
    assert.equal(request['status'], 'final');
    assert.deepEqual(request['dryRun']?.['people'], { people: 1 });
    assert.deepEqual(request['residual']?.['people'], { people: 0 });
    assert.deepEqual(request['certificateIds']?.[1], (certificateIds as string[])[0]);
    const [row] = await speech.rowsOf('people', { id: personId });
    assert.deepEqual([row?.['status'], row?.['display_name'], row?.['email'], row?.['roles']], ['erased', null, null, []]);
    assert.deepEqual(await speech.rowsOf('memberships', { person_id: personId }), []);
    const account = await erasures.main('accounts').where({ id: member.accountId }).first<Record<string, unknown>>();
    assert.deepEqual([account['status'], account['login'], account['password_hash']], ['erased', null, null]);
    assert.equal((await erasures.send('/v1/me', { token: member.accessToken })).status, 401);
    assert.equal((await speech.rowsOf('erased_subjects', { subject_id: personId })).length, 1);
    const { body } = await erasures.send(`/v1/people/${personId}`, { as: 'tenant_admin' });
    assert.deepEqual([body['displayName'], body['status']], [null, 'erased']);
  });

  it('waits until it is said who asked, and asks before the point of no return', async () => {
    await erasures.setPolicy(asking);
    const { personId } = await newPerson('beth');
    const asked = await speech.ask(personId);
    assert.equal((await asked.say('confirm')).status, 422);
    await asked.takes('verify');
    const evidenceId = newId();
    assert.equal((await asked.say('verify', { how: 'document', evidenceId }, 'compliance')).status, 200);
    await asked.takes('confirm');
    assert.equal((await speech.rowsOf('people', { id: personId, status: 'active' })).length, 1, 'nothing is touched before');
    assert.equal((await asked.say('confirm')).status, 200);
    assert.equal((await asked.result())['outcome'], 'erased');
    const request = await asked.read();
    assert.deepEqual([request['verifiedHow'], request['evidenceId']], ['document', evidenceId]);
    assert.equal(request['verifiedBy'], erasures.staff['compliance']?.accountId);
    assert.equal(request['confirmedBy'], erasures.member('tenant_admin').accountId);
  });

  it('is approved by somebody else than who entered it', async () => {
    await erasures.setPolicy({ ...atOnce, needs_approval: true });
    const { personId } = await newPerson('cleo');
    const asked = await speech.ask(personId, { verification });
    await asked.takes('approve');
    const own = await asked.say('approve');
    assert.equal(own.status, 422);
    assert.match(String(own.body['detail']), /Somebody else/);
    assert.equal((await asked.say('approve', {}, 'compliance')).status, 200);
    assert.equal((await asked.result())['outcome'], 'erased');
    assert.equal((await asked.read())['approvedBy'], erasures.staff['compliance']?.accountId);
  });

  it('is withdrawn before the point of no return, by message or by cancelling the run, and leaves everything', async () => {
    await erasures.setPolicy(asking);
    for (const how of ['withdraw', 'cancel']) {
      const { personId, member } = await newPerson(`dora-${how}`);
      const asked = await speech.ask(personId, { verification });
      await asked.takes('confirm');
      const path = how === 'cancel' ? `/v1/runs/${asked.id}/cancel` : `/v1/runs/${asked.id}/messages/withdraw`;
      assert.ok((await erasures.send(path, { as: 'tenant_admin', method: 'POST', body: {} })).status < 300);
      assert.equal((await asked.result())['outcome'], 'withdrawn');
      assert.equal((await asked.read())['status'], 'withdrawn');
      assert.equal((await erasures.send('/v1/me', { token: member.accessToken })).status, 200);
    }
  });

  it('cannot be withdrawn once erasing has begun: it says so, and goes on', async () => {
    await erasures.setPolicy(atOnce);
    const { personId } = await newPerson('edna');
    let begun = false;
    let open: (value?: unknown) => void = () => undefined;
    const gate = new Promise((resolve) => (open = resolve));
    erasures.around = async (name, act) => {
      if (name === 'erasePlace' && !begun) {
        begun = true;
        await gate;
      }
      return act();
    };
    const asked = await speech.ask(personId, { verification });
    await until(() => begun, 20_000);
    const cancel = await erasures.send(`/v1/runs/${asked.id}/cancel`, { as: 'tenant_admin', method: 'POST', body: {} });
    assert.equal(cancel.status, 422);
    assert.match(String(cancel.body['detail']), /cannot be brought back/);
    assert.equal((await asked.hold({ reason: 'A court of law wants to see it.', until: '2099-01-01T00:00:00Z' })).status, 422);
    assert.deepEqual(await speech.rowsOf('privacy_holds', { request_id: asked.id }), []);
    // Even who goes past the API stops nothing.
    await erasures.handleOf(personId).cancel();
    open();
    assert.equal((await asked.result())['outcome'], 'erased');
  });

  it('is held by law for a sealed reason, and goes on when the hold is released', async () => {
    await erasures.setPolicy(asking);
    const { personId } = await newPerson('flora');
    const asked = await speech.ask(personId, { verification });
    await asked.takes('confirm');
    const reason = 'Court order 17/2026 about Flora Lovelace.';
    const held = await asked.hold({ reason, until: '2099-01-01T00:00:00Z' });
    assert.equal(held.status, 201, JSON.stringify(held.body));
    assert.deepEqual([held.body['status'], held.body['holds']?.[0]?.['reason']], ['held', reason]);
    const refused = await asked.say('confirm');
    assert.match(String(refused.body['detail']), /held by law/);
    assert.equal((await asked.say('release', {}, 'compliance')).status, 200);
    assert.equal((await asked.say('confirm')).status, 200);
    assert.equal((await asked.result())['outcome'], 'erased');
    const [hold] = (await asked.read())['holds'] as unknown as Record<string, unknown>[];
    assert.deepEqual([hold?.['reason'], hold?.['releasedBy']], [null, erasures.staff['compliance']?.accountId]);
  });

  it('goes on by itself when a hold is over', async () => {
    await erasures.setPolicy({ ...atOnce, cooling_off_days: 2 });
    const { personId } = await newPerson('gwen');
    const asked = await speech.ask(personId, { verification });
    await asked.takes('withdraw');
    await until(async () => (await asked.read())['eraseAfter'], 20_000);
    const over = new Date(Date.now() + 3 * day * 1_000).toISOString();
    assert.equal((await asked.hold({ reason: 'An open invoice is disputed.', until: over })).status, 201);
    const handle = erasures.handleOf(personId);
    await fastForward(handle, 2 * day + hour);
    assert.equal((await asked.read())['status'], 'held');
    await fastForward(handle, 2 * day);
    assert.equal((await asked.result())['outcome'], 'erased');
    const [hold] = (await asked.read())['holds'] as unknown as Record<string, unknown>[];
    assert.deepEqual([hold?.['releasedBy'], typeof hold?.['releasedAt']], [null, 'string']);
  });

  it('tells people before the law’s time runs out, once', async () => {
    await erasures.setPolicy(asking);
    const { personId } = await newPerson('hana');
    const asked = await speech.ask(personId, { verification, law: 'ccpa' });
    await asked.takes('confirm');
    const handle = erasures.handleOf(personId);
    const escalated = async (): Promise<boolean> => (await asked.read())['escalatedAt'] !== null;
    await fastForward(handle, 33 * day);
    assert.equal(await escalated(), false);
    await fastForward(handle, day);
    await until(escalated, 20_000);
    const told = await until(async () => {
      const { messages } = await erasures.sendgrid.control.call<{ messages: { to: string; subject: string }[] }>('GET', '/messages');
      const found = messages.filter(({ to }) => to === erasures.staff['compliance']?.login);
      return found.length > 0 && found;
    }, 20_000);
    assert.deepEqual(
      told.map(({ subject }) => subject),
      ['A request for erasure is about to miss its deadline'],
    );
    assert.equal((await asked.say('confirm')).status, 200);
    assert.equal((await asked.result())['outcome'], 'erased');
  });

  it('answers a second submission with the run that is under way', async () => {
    await erasures.setPolicy(asking);
    const { personId } = await newPerson('iris');
    const [first, second] = [await speech.ask(personId, { verification }), await speech.ask(personId, {}, 'compliance')];
    assert.equal(first.id, second.id);
    await first.takes('confirm');
    assert.equal((await speech.rowsOf('privacy_requests', { subject_id: personId })).length, 1);
    await first.say('withdraw');
    await first.result();
  });

  it('says of a person nobody knows, or of another school’s, that there is none, and of one erased before that it was', async () => {
    await erasures.setPolicy(atOnce);
    const others = erasures.schools[1].strangerId;
    for (const personId of [newId(), others]) {
      const asked = await speech.ask(personId, { verification });
      assert.deepEqual(await asked.result(), { outcome: 'unknown' });
      assert.equal((await asked.read())['status'], 'completed');
    }
    const { personId } = await newPerson('june');
    assert.equal((await (await speech.ask(personId, { verification })).result())['outcome'], 'erased');
    const again = await speech.ask(personId, { verification });
    assert.deepEqual(await again.result(), { outcome: 'erased-before' });
    assert.equal((await again.read())['outcome'], 'erased-before');
  });

  it('refuses what is no request', async () => {
    const wrong = await speech.submit({ personId: 'ada', requestedBy: 'a friend', extra: 1 });
    assert.equal(wrong.status, 422);
    const elsewhere = await erasures.send(`/v1/processes/erase-subject/runs?tenantId=${newId()}`, {
      as: 'compliance',
      method: 'POST',
      body: { personId: newId(), requestedBy: 'school' },
    });
    assert.equal(elsewhere.status, 404);
    const admin = await erasures.send(`/v1/processes/erase-subject/runs?tenantId=${erasures.schools[1].id}`, {
      as: 'tenant_admin',
      method: 'POST',
      body: { personId: newId(), requestedBy: 'school' },
    });
    assert.equal(admin.status, 404);
    const own = await erasures.send('/v1/processes/erase-subject/runs', {
      as: 'compliance',
      method: 'POST',
      body: { personId: newId(), requestedBy: 'school' },
    });
    assert.equal(own.status, 403);
  });
});
