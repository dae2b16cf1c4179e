import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { sealReason } from '../../platform/identity/break-glass-reason.ts';
import { newId } from '../../platform/ids.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { noteRefs } from '../../platform/privacy/store.ts';
import { createHistorySearch } from '../../platform/privacy/stores/history-search.ts';
import { historyStore } from '../../platform/privacy/stores/histories.ts';
import { createStorage } from '../../platform/storage.ts';
import { openTemporal, searchAttributes } from '../../platform/temporal.ts';
import { servers } from '../support/servers.ts';
import { createMail } from '../../platform/mail.ts';
import { Guardianship } from '../../platform/models/guardianship.ts';
import { heedingErasures } from '../../platform/privacy/suppressed-mail.ts';
import { createStripe } from '../../platform/stripe.ts';
import { addPerson } from '../support/school.ts';
import { travelOn } from '../support/time-travel.ts';
import { until } from '../support/until.ts';
import { atOnce, speechOf, verification } from './support/erase-speech.ts';
import { useErasures } from './support/erase-world.ts';

describe('the places of a person who is erased', function () {
  this.timeout(120_000);
  const erasures = useErasures();
  const { newPerson, ...speech } = speechOf(erasures);
  const school = () => erasures.schools[0].id;
  beforeEach(() => erasures.setPolicy(atOnce));

  it('are cleared at Stripe where the school’s customer and cards name them, and nowhere else', async () => {
    const stripe = createStripe({ secretKey: 'sk_test_erasing', apiBase: erasures.stripe.url });
    const { personId, email } = await newPerson('kate');
    const tenant_id = school();
    const made = await stripe.customers.create({ name: 'kate Lovelace', email, phone: '+15550100', metadata: { tenant_id } });
    await inPlatform(erasures.main, (trx) => trx('tenants').where({ id: tenant_id }).update({ stripe_customer_id: made.id }));
    const [own, others] = [
      await stripe.paymentMethods.attach('pm_card_visa', { customer: made.id }),
      await stripe.paymentMethods.attach('pm_card_mastercard', { customer: made.id }),
    ];
    await stripe.paymentMethods.update(own.id, { billing_details: { email: email.toUpperCase(), name: 'Kate Lovelace' } });
    await stripe.paymentMethods.update(others.id, { billing_details: { email: 'bursar@lincoln.example', name: 'The Bursar' } });
    const lone = await stripe.customers.create({ email, metadata: { tenant_id, person_id: personId } });

    const asked = await speech.ask(personId, { verification });
    assert.equal((await asked.result())['outcome'], 'erased');
    const request = await asked.read();
    assert.deepEqual(request['dryRun']?.['stripe'], { customer_fields: 2, payment_methods: 1, customers: 1 });
    assert.deepEqual(request['residual']?.['stripe'], { customer_fields: 0, payment_methods: 0, customers: 0 });
    const customer = await stripe.customers.retrieve(made.id);
    assert.ok(!customer.deleted);
    assert.deepEqual([customer.email, customer.phone], [null, '+15550100']);
    assert.match(String(customer.name), /^School /);
    const [cleared, kept] = [await stripe.paymentMethods.retrieve(own.id), await stripe.paymentMethods.retrieve(others.id)];
    assert.deepEqual([cleared.billing_details.email, cleared.billing_details.name], [null, null]);
    assert.equal(kept.billing_details.email, 'bursar@lincoln.example');
    assert.equal((await stripe.customers.retrieve(lone.id)).deleted, true);
  });

  it('are forgotten by SendGrid, and their address is not written to again', async () => {
    const mail = createMail({ apiKey: 'SG.test', apiBase: erasures.sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
    const { personId, email } = await newPerson('lena');
    const letter = { to: { email }, subject: 'Welcome', text: 'Hello', html: '<p>Hello</p>', dedupKey: newId(), category: 'test' };
    await mail.send(letter);
    await erasures.sendgrid.control.call('POST', '/suppressions', { list: 'bounces', email });
    const asked = await speech.ask(personId, { verification });
    await asked.result();
    const request = await asked.read();
    assert.deepEqual(request['dryRun']?.['sendgrid'], { messages: 1, suppressions: 1 });
    assert.deepEqual(request['residual']?.['sendgrid'], { messages: 0, suppressions: 0 });
    const sender = heedingErasures(erasures.keyring, school(), mail);
    assert.deepEqual(await sender.send({ ...letter, to: { email: email.toUpperCase() }, dedupKey: newId() }), { refused: true });
    assert.ok('messageId' in (await sender.send({ ...letter, to: { email: 'someone.else@family.example' }, dedupKey: newId() })));
    assert.ok(
      'messageId' in (await heedingErasures(erasures.keyring, erasures.schools[1].id, mail).send({ ...letter, dedupKey: newId() })),
    );
  });

  it('keep the address that a relative who stays has, too', async () => {
    const { personId, email } = await newPerson('mary');
    const child = await addPerson(erasures, school(), { display_name: 'Mary the younger', email }, ['student']);
    const tie = { tenant_id: school(), guardian_id: personId, child_id: child, relationship: 'parent' };
    await inTenant(erasures.main, school(), async (trx) => Guardianship.query(trx).insert(tie));
    await (await speech.ask(child, { verification })).result();
    const mail = createMail({ apiKey: 'SG.test', apiBase: erasures.sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
    const letter = { to: { email }, subject: 'Welcome', text: 'Hello', html: '<p>Hello</p>', dedupKey: newId(), category: 'test' };
    assert.ok('messageId' in (await heedingErasures(erasures.keyring, school(), mail).send(letter)));
    assert.deepEqual(await speech.rowsOf('guardianships', { child_id: child }), []);
  });

  it('lose how to reach a guardian in the rows of their children, and nobody else', async () => {
    const { personId, email } = await newPerson('hans');
    const child = (guardian_contact: string) => addPerson(erasures, school(), { display_name: 'Hansel', guardian_contact }, ['student']);
    const [own, others] = [await child(`Father: ${email.toUpperCase()}`), await child('Mother: gerda@family.example')];
    for (const child_id of [own, others]) {
      const tie = { tenant_id: school(), guardian_id: personId, child_id, relationship: 'parent' };
      await inTenant(erasures.main, school(), async (trx) => Guardianship.query(trx).insert(tie));
    }
    const asked = await speech.ask(personId, { verification });
    await asked.result();
    const request = await asked.read();
    assert.deepEqual(request['dryRun']?.['guardianships'], { guardianships: 2, guardian_contact: 1 });
    assert.deepEqual(request['residual']?.['guardianships'], { guardianships: 0, guardian_contact: 0 });
    const contactOf = async (id: string) => (await speech.rowsOf('people', { id }))[0]?.['guardian_contact'] ?? null;
    assert.equal(await contactOf(own), null);
    assert.notEqual(await contactOf(others), null);
    const pages = await erasures.send(`/v1/privacy/requests/${asked.id}`, { as: 'tenant_admin' });
    assert.ok(!JSON.stringify(pages.body).includes(others));
  });

  it('lose the reason of an access that names them, and no other', async () => {
    const { personId, email } = await newPerson('nora');
    const open = async (reason: string): Promise<string> => {
      const ids = { id: newId(), tenant_id: school() };
      const times = { opened_at: new Date(), expires_at: new Date(Date.now() + 3_600_000) };
      const row = { ...ids, account_id: newId(), session_id: newId(), opened_as: 'compliance', role: 'teacher', ...times };
      const sealed = await sealReason(erasures.keyring, ids, reason);
      await inTenant(erasures.main, school(), (trx) => trx('break_glass_accesses').insert({ ...row, ...sealed }));
      return ids.id;
    };
    const [about, other] = [await open(`Ticket 12: ${email} cannot sign in.`), await open('Ticket 13: nobody can sign in.')];
    const asked = await speech.ask(personId, { verification });
    await asked.result();
    assert.deepEqual((await asked.read())['dryRun']?.['break_glass_accesses'], { stated_reason: 1 });
    const left = async (id: string) => (await speech.rowsOf('break_glass_accesses', { id }))[0]?.['stated_reason'] ?? null;
    assert.equal(await left(about), null);
    assert.notEqual(await left(other), null);
  });

  it('are waited for while an open run reads a file of theirs, and nothing is called erased before', async () => {
    const { personId } = await newPerson('olga');
    const by = { tenantId: school(), accountId: newId(), requestId: newId() };
    const file = await erasures.deps.uploads.receive({ ...by, kind: 'csv', body: Readable.from([Buffer.from('a,b\n')]) });
    const run = {
      id: newId(),
      tenant_id: school(),
      process: 'simulate-dunning',
      workflow_id: newId(),
      started_by: newId(),
      request_id: newId(),
    };
    await inTenant(erasures.main, school(), (trx) => trx('runs').insert(run));
    const asked = await speech.ask(personId, { verification });
    await until(async () => ((await asked.read())['residual']?.['uploads']?.['uploads'] as unknown) === 1, 30_000);
    assert.deepEqual([(await asked.read())['status'], (await asked.read())['erasedAt']], ['erasing', null]);
    assert.equal((await speech.rowsOf('uploads', { id: file.id }))[0]?.['status'], 'stored');
    await inTenant(erasures.main, school(), (trx) =>
      trx('runs').where({ id: run.id }).update({ closed_at: new Date(), status: 'completed' }),
    );
    await travelOn(erasures.handleOf(personId));
    assert.equal((await asked.result())['outcome'], 'erased');
    assert.equal((await speech.rowsOf('uploads', { id: file.id }))[0]?.['status'], 'deleted');
  });

  it('are tried again while a vendor refuses, people are told, and the key stays by which the vendor must be searched', async () => {
    const { personId, email } = await newPerson('pola');
    const mail = createMail({ apiKey: 'SG.test', apiBase: erasures.sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
    await mail.send({ to: { email }, subject: 'Welcome', text: 'Hello', html: '<p>Hello</p>', dedupKey: newId(), category: 'test' });
    await erasures.sendgrid.control.addFault({
      kind: 'status',
      status: 403,
      method: 'POST',
      path: '/v3/recipients/erasejob',
      times: 1_000,
    });
    const asked = await speech.ask(personId, { verification });
    await until(async () => String((await asked.read())['status']) === 'erasing', 30_000);
    await travelOn(erasures.handleOf(personId));
    const told = async (): Promise<boolean> => {
      const { messages } = await erasures.sendgrid.control.call<{ messages: { to: string; subject: string }[] }>('GET', '/messages');
      return messages.some(({ subject }) => subject === 'An erasure cannot be completed');
    };
    await until(told, 60_000);
    const request = await asked.read();
    assert.deepEqual([request['status'], request['residual']?.['sendgrid']?.['messages']], ['erasing', 1]);
    assert.deepEqual(await speech.rowsOf('memberships', { person_id: personId }), []);
    assert.equal((await erasures.keyring.sealer(school(), [personId])).has(personId), true);
    await erasures.sendgrid.control.clearFaults();
    assert.equal((await asked.result())['outcome'], 'erased');
  });

  it('leave an account that is somebody’s at another school, too', async () => {
    const { personId, member } = await newPerson('rosa');
    const elsewhere = await addPerson(erasures, erasures.schools[1].id, { display_name: 'Rosa Lovelace' }, ['guardian']);
    const { accountId } = member;
    const joined = { membershipId: newId(), tenantId: erasures.schools[1].id, accountId, role: 'guardian', personId: elsewhere } as const;
    await erasures.identity.ensureMembership(joined);
    const asked = await speech.ask(personId, { verification });
    await asked.result();
    assert.deepEqual((await asked.read())['dryRun']?.['accounts'], { accounts: 0 });
    assert.equal((await erasures.send('/v1/me', { token: member.accessToken })).status, 401);
    const { login, password } = member;
    const { accessToken } = await erasures.identity.signIn({ login, password, tenant: erasures.schools[1].id });
    assert.equal((await erasures.send('/v1/me', { token: accessToken })).status, 200);
  });

  it('are brought to the end when somebody was half erased before', async () => {
    const { personId, member } = await newPerson('sara');
    await inTenant(erasures.main, school(), async (trx) => {
      await trx('people').where({ id: personId }).update({ status: 'erased', display_name: null, email: null });
      await trx('memberships').where({ person_id: personId }).delete();
    });
    await erasures.keyring.destroySubjectKeys(school(), [personId]);
    const asked = await speech.ask(personId, { verification });
    assert.equal((await asked.result())['outcome'], 'erased');
    assert.deepEqual((await asked.read())['dryRun']?.['people'], { people: 1 });
    assert.ok(member);
  });

  it('are told after a copy was made first, when that was asked for, and take the copy with them', async () => {
    const { personId } = await newPerson('tess');
    await createStorage(servers().s3).ensureBucket(bucketOf(school()));
    const asked = await speech.ask(personId, { verification, accessFirst: true });
    assert.equal((await asked.result())['outcome'], 'erased');
    const rows = await speech.rowsOf('privacy_exports', { subject_id: personId });
    assert.deepEqual(
      rows.map(({ status, passphrase }) => [status, passphrase]),
      [['revoked', null]],
    );
    assert.deepEqual((await asked.read())['residual']?.['privacy_exports'], { packages: 0 });
  });

  it('are looked for in Temporal’s histories by one reading for all who ask meanwhile', async () => {
    const { client } = erasures.temporal;
    const handle = await client.workflow.start('nobodyRunsIt', {
      workflowId: `names-somebody-${newId()}`,
      taskQueue: `nobody-${newId()}`,
      args: [{ note: 'Call XENA Lovelace.' }],
      typedSearchAttributes: [{ key: searchAttributes.tenantId, value: school() }],
    });
    const opened: string[] = [];
    const getHandle = (workflowId: string, runId: string) => {
      opened.push(workflowId);
      return client.workflow.getHandle(workflowId, runId);
    };
    const workflow = Object.create(client.workflow, { getHandle: { value: getHandle } }) as typeof client.workflow;
    const watched = Object.create(client, { workflow: { value: workflow } }) as typeof client;
    const temporal = { ...erasures.temporal, client: watched };
    const search = createHistorySearch(temporal);
    const naming = async (name: string, asOf?: string) => {
      const subject = { tenantId: school(), personId: newId(), ...(asOf ? { asOf } : {}) };
      return (await search(subject, { emails: [], all: [name] })).map(({ workflowId }) => workflowId);
    };
    await until(async () => (await naming('Xena Lovelace')).length > 0, 20_000);
    opened.length = 0;
    const found = Promise.all([naming('Xena Lovelace'), naming('Yuri Lovelace'), naming('Xena Lovelace', '2026-01-01T00:00:00Z')]);
    assert.deepEqual(await found, [[handle.workflowId], [], []]);
    assert.equal(opened.filter((id) => id === handle.workflowId).length, 1);
    await handle.terminate('the test is over');
  });

  it('are not taken for empty when Temporal does not say whether a history is gone', async () => {
    const { personId } = await newPerson('uma');
    const asked = await speech.ask(personId, { verification });
    await asked.result();
    const subject = { tenantId: school(), personId };
    await noteRefs(erasures.main, subject, asked.id, 'temporal', ['some-run 0190d1a0-0000-7000-8000-0000000000aa']);
    const deps = { knex: erasures.main, keyring: erasures.keyring };
    assert.deepEqual(await historyStore({ ...deps, temporal: erasures.temporal }).count(subject), { histories: 0 });
    const away = openTemporal({ connectionOptions: { address: '127.0.0.1:1' }, namespace: 'default' });
    const count = () => historyStore({ ...deps, temporal: away }).count(subject);
    await assert.rejects(away.client.withDeadline(Date.now() + 2_000, count));
    await away.close();
  });

  it('are final when the last backup that may hold the keys is gone, and it goes with its time', async () => {
    const { personId } = await newPerson('vera');
    const { id } = await erasures.backups.take(newId(), { actorId: null, requestId: newId() });
    const asked = await speech.ask(personId, { verification });
    await travelOn(erasures.handleOf(personId));
    assert.equal((await asked.result())['outcome'], 'erased');
    const request = await asked.read();
    const days = (Date.parse(String(request['finalAt'])) - Date.parse(String(request['erasedAt']))) / 86_400_000;
    assert.ok(days >= 6.9 && days < 8, `${days} days`);
    const kept = await inPlatform(erasures.main, (trx) => trx('keyring_backups').where({ id }).first<{ removed_at: Date | null }>());
    assert.ok(kept.removed_at);
  });
});
