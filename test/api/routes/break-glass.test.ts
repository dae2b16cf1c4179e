import assert from 'node:assert/strict';
import { platformTenantId, type Role, roles } from '../../../domain/roles.ts';
import { verifyChain } from '../../../platform/audit.ts';
import { inPlatform, inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { stated, useBreakGlass } from '../../support/break-glass.ts';
import { type Forger, signedByPlatform } from '../../support/forgeries.ts';
import type { Json } from '../../support/http.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;
const itemsOf = (body: Json): Json[] => body['items'] as unknown as Json[];

describe('entering a school by break-glass', function () {
  this.timeout(30_000);
  const api = useBreakGlass();
  const school = () => api.schools[0];
  const get = async (path: string, token: string): Promise<number> => (await api.send(path, { token })).status;

  it('lets staff read in that school, as the role they name, under an access that says so', async () => {
    const staff = await api.newStaff('compliance');
    const { status, body, headers } = await api.ask(staff);
    assert.equal(status, 201);
    const { id, ...access } = body['access'] as unknown as Record<string, unknown>;
    assert.equal(headers.get('location'), `/v1/break-glass/${String(id)}`);
    const { openedAt, expiresAt, ...said } = access;
    assert.equal(Date.parse(String(expiresAt)) - Date.parse(String(openedAt)), 30 * 60_000);
    const open = { status: 'open', endedAt: null, endedBy: null, endReason: null, actions: ['renew', 'end'] };
    const who = { tenantId: school().id, accountId: staff.accountId, openedAs: 'compliance', role: 'tenant_admin' };
    assert.deepEqual(said, { ...who, ...open, reason: stated });
    assert.deepEqual([body['expiresIn'], body['tokenType'], 'refreshToken' in body], [900, 'Bearer', false]);

    const token = String(body['accessToken']);
    const person = await api.send(`/v1/people/${school().strangerId}`, { token });
    assert.equal(person.body['contact']?.['email'], `stranger@${school().slug}.example`);
    const me = (await api.send('/v1/me', { token })).body;
    assert.deepEqual([me['breakGlassId'], me['tenant']?.['id'], me['membership']?.['role']], [id, school().id, 'tenant_admin']);
    assert.deepEqual([await get(`/v1/people/${api.schools[1].strangerId}`, token), await get('/v1/tenants', token)], [404, 403]);
  });

  it('lets nobody change anything: every route but signing out refuses what is no reading', async () => {
    const { token } = await api.open(await api.newStaff('super_admin'));
    const changing = api.routes.filter(({ method, access, leaves }) => method !== 'get' && access !== 'public' && !leaves);
    assert.ok(changing.length > 15);
    for (const { method, path } of changing) {
      const { status, body } = await api.send(path.replaceAll(/\{\w+\}/g, school().id), { method: method.toUpperCase(), token });
      assert.deepEqual([status, String(body['type'])], [403, problem('forbidden')], `${method} ${path}`);
    }
    const { body } = await api.send(`/v1/tenants/${school().id}/settings`, { token });
    assert.deepEqual(body['actions'], []);
  });

  it('opens no more than the role it names, and no role the staff member may not take', async () => {
    const ops = await api.newStaff('ops');
    const { token } = await api.open(ops, { role: 'developer' });
    assert.deepEqual(
      [await get('/v1/runs', token), await get('/v1/people', token), await get('/v1/invoices', token), await get('/v1/audit', token)],
      [200, 403, 403, 403],
    );
    for (const role of ['teacher', 'tenant_admin']) assert.equal((await api.ask(ops, { role })).status, 403, role);
    assert.equal((await api.ask(await api.newStaff('compliance'), { role: 'developer' })).status, 403);
    for (const role of roles) {
      const { body } = await api.send('/v1/break-glass', { as: role, body: {} });
      const may = ['super_admin', 'ops', 'compliance'].includes(role);
      assert.equal(String(body['type']) !== problem('forbidden'), may, role);
    }
  });

  it('asks for the second factor anew, takes each code once, and slows guessing down', async () => {
    const staff = await api.newStaff('compliance');
    const outcome = async (changes: object): Promise<[number, string]> => {
      const { status, body } = await api.ask(staff, changes);
      return [status, String(body['type'] ?? 'opened')];
    };
    assert.deepEqual(await outcome({ otp: undefined }), [401, problem('mfa-required')]);
    const otp = api.code(staff);
    assert.deepEqual(await outcome({ otp }), [201, 'opened']);
    assert.deepEqual(await outcome({ otp }), [401, problem('bad-otp')]);
    assert.deepEqual(await outcome({ otp: staff.authenticator.recoveryCodes[0] }), [201, 'opened']);
    for (let time = 0; time < 3; time += 1) assert.deepEqual(await outcome({ otp: '000000' }), [401, problem('bad-otp')]);
    assert.deepEqual(await outcome({}), [429, problem('too-many-requests')]);
  });

  it('is refused without a reason, for too long, to no school, to the platform itself and to a school that is suspended', async () => {
    const staff = await api.newStaff('compliance');
    const refused: readonly [number, object][] = [
      [422, { reason: '         short         ' }],
      [422, { reason: 'x'.repeat(501) }],
      [422, { minutes: 0 }],
      [422, { minutes: 121 }],
      [422, { role: 'student' }],
      [404, { tenantId: '0190d1a0-0000-7000-8000-0000000000ff' }],
      [404, { tenantId: platformTenantId }],
    ];
    for (const [status, changes] of refused) assert.equal((await api.ask(staff, changes)).status, status, JSON.stringify(changes));
    const { id } = api.schools[1];
    await api.send(`/v1/tenants/${id}/suspend`, { as: 'ops', body: { reason: 'security' } });
    const { status, body } = await api.ask(staff, { tenantId: id });
    assert.deepEqual([status, body['type']], [409, problem('tenant-state')]);
    await api.send(`/v1/tenants/${id}/resume`, { as: 'ops', method: 'POST' });
  });

  it('is over when its time is: no token outlives it, and none is to be had after it', async () => {
    const staff = await api.newStaff('compliance');
    const { body } = await api.ask(staff, { minutes: 20 });
    const [id, first] = [String(body['access']?.['id']), String(body['accessToken'])];
    const renew = async (token: string) => api.send(`/v1/break-glass/${id}/token`, { method: 'POST', token });
    api.pass(14);
    const renewed = await renew(staff.accessToken);
    assert.deepEqual([renewed.status, renewed.body['expiresIn']], [200, 6 * 60]);
    const second = String(renewed.body['accessToken']);
    api.pass(1.5); // the first token is fifteen minutes old, and has a few seconds' grace
    assert.deepEqual([await get('/v1/people', first), await get('/v1/people', second)], [401, 200]);
    api.pass(4.5);
    const late = await api.send('/v1/people', { token: second });
    assert.deepEqual([late.status, late.body['type']], [401, problem('session-ended')]);
    const refused = await renew(await api.signIn(staff));
    assert.deepEqual([refused.status, refused.body['type']], [409, problem('break-glass-over')]);
    const { body: row } = await api.send(`/v1/break-glass/${id}`, { token: await api.signIn(staff) });
    assert.deepEqual([row['status'], row['endReason'], row['endedBy'], row['actions']], ['ended', 'expired', null, []]);
    assert.equal(String(row['endedAt']), String(row['expiresAt']));
  });

  it('gives its next token to who opened it only', async () => {
    const { id, token } = await api.open(await api.newStaff('compliance'));
    const other = await api.newStaff('super_admin');
    assert.equal((await api.send(`/v1/break-glass/${id}/token`, { method: 'POST', token: other.accessToken })).status, 404);
    assert.equal((await api.send(`/v1/break-glass/${id}/token`, { method: 'POST', token })).status, 403);
  });

  it('goes by what its row says, whatever else a token says', async () => {
    const [staff, other] = [await api.newStaff('super_admin'), await api.newStaff('super_admin')];
    const [opened, foreign] = [await api.open(staff, { role: 'billing' }), await api.open(other)];
    const [, payload = ''] = opened.token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forger: Forger = { vault: api.vault, claims: (changes) => ({ ...claims, ...changes }) };
    const people = async (changes: object): Promise<number> => get('/v1/people', await signedByPlatform(forger, changes));
    assert.equal(await people({ role: 'tenant_admin' }), 403);
    for (const changes of [{ bga: foreign.id }, { bga: newId() }, { tid: api.schools[1].id }, { sub: other.accountId }, { bga: undefined }])
      assert.equal(await people(changes), 401, JSON.stringify(changes));
  });

  it('is ended at once by who opened it, by other staff, and by the school; by nobody else', async () => {
    const staff = await api.newStaff('compliance');
    const admin = api.member('tenant_admin');
    const enders: readonly [string, string, string][] = [
      ['ended-by-holder', staff.accessToken, staff.accountId],
      ['ended-by-staff', api.member('ops').accessToken, api.member('ops').accountId],
      ['ended-by-school', admin.accessToken, admin.accountId],
    ];
    for (const [reason, token, by] of enders) {
      const access = await api.open(staff);
      const end = (as: string) => api.send(`/v1/break-glass/${access.id}/end`, { method: 'POST', token: as });
      assert.equal((await end(await api.otherAdmin())).status, 404);
      assert.equal((await end(api.member('teacher').accessToken)).status, 403);
      assert.equal(await get('/v1/people', access.token), 200);
      for (const time of ['first', 'again']) {
        const { status, body } = await end(time === 'first' ? token : admin.accessToken);
        assert.deepEqual([status, body['status'], body['endReason'], body['endedBy']], [200, 'ended', reason, by]);
      }
      const { status, body } = await api.send('/v1/people', { token: access.token });
      assert.deepEqual([status, body['type']], [401, problem('session-ended')]);
    }
  });

  it('is ended by signing out of it, and the sign-in it was opened in goes on', async () => {
    const staff = await api.newStaff('compliance');
    const { id, token } = await api.open(staff);
    assert.equal((await api.send('/v1/auth/logout', { method: 'POST', token })).status, 204);
    assert.equal(await get('/v1/people', token), 401);
    const { status, body } = await api.send(`/v1/break-glass/${id}`, { token: staff.accessToken });
    assert.deepEqual([status, body['endReason']], [200, 'ended-by-holder']);
  });
});

describe('an access by break-glass', function () {
  this.timeout(30_000);
  const api = useBreakGlass();
  const change = (table: string, tenantId: string, where: object, changes: object) =>
    inTenant(api.main, tenantId, (trx) => trx(table).where(where).update(changes));
  const post = (path: string, as: Role, body: object = {}) => api.send(path, { as, body });
  const schoolId = (): string => api.schools[1].id;

  const endings: readonly [string, string, (staff: { accountId: string; accessToken: string }) => Promise<unknown>][] = [
    [
      'its holder is suspended',
      'account-suspended',
      ({ accountId }) => post(`/v1/accounts/${accountId}/suspend`, 'super_admin', { reason: 'security' }),
    ],
    ['its holder signs out', 'session-ended', ({ accessToken }) => api.send('/v1/auth/logout', { method: 'POST', token: accessToken })],
    [
      'its holder leaves the platform',
      'session-ended',
      ({ accountId }) => inPlatform(api.main, (trx) => trx('memberships').where({ account_id: accountId }).delete()),
    ],
    [
      'the membership of its holder is suspended',
      'role-lost',
      ({ accountId }) => change('memberships', platformTenantId, { account_id: accountId }, { status: 'suspended' }),
    ],
    [
      'its holder gets another role',
      'role-lost',
      ({ accountId }) => change('memberships', platformTenantId, { account_id: accountId }, { role: 'ops' }),
    ],
    [
      'the sessions of its holder are ended',
      'session-ended',
      ({ accountId }) => api.main('sessions').where({ account_id: accountId }).update({ revoked_at: new Date() }),
    ],
    ['the school is suspended', 'school-closed', () => post(`/v1/tenants/${schoolId()}/suspend`, 'ops', { reason: 'security' })],
  ];
  for (const [title, reason, end] of endings)
    it(`ends at once when ${title}, for good, and says so`, async () => {
      const staff = await api.newStaff('compliance');
      const { id, token } = await api.open(staff, { tenantId: schoolId() });
      assert.equal((await api.send('/v1/people', { token })).status, 200);
      await end(staff);
      assert.equal((await api.send('/v1/people', { token })).status, 401);
      await post(`/v1/tenants/${schoolId()}/resume`, 'ops');
      await post(`/v1/accounts/${staff.accountId}/resume`, 'super_admin');
      assert.equal((await api.send('/v1/people', { token })).status, 401);
      const { body } = await api.send(`/v1/break-glass/${id}`, { as: 'super_admin' });
      assert.deepEqual([body['status'], body['endReason']], ['ended', reason]);
    });

  it('stands in the log of the school and in that of the platform: its opening, each look, and its end', async () => {
    const [school] = api.schools;
    const staff = await api.newStaff('compliance');
    const { id, token } = await api.open(staff);
    for (const path of ['/v1/people', `/v1/people/${school.strangerId}`, '/v1/me', '/v1/people?limit=0']) await api.send(path, { token });
    await api.send('/v1/tenants', { token }); // refused, so nothing was seen
    await api.send(`/v1/break-glass/${id}/end`, { as: 'tenant_admin', method: 'POST' });

    const log = async (query: string, as: Role) => itemsOf((await api.send(`/v1/audit?${query}`, { as })).body).reverse();
    const told = (entries: Json[]) =>
      entries.map((entry) => ['action', 'objectType', 'objectId', 'actorId'].map((field) => entry[field] as unknown));
    const seen = (object: string, objectId: string | null) => ['break-glass.use', object, objectId, staff.accountId];
    const ofSchool = await log(`onBehalfOf=${id}`, 'tenant_admin');
    assert.deepEqual(told(ofSchool), [
      ['break-glass.open', 'break-glass', id, staff.accountId],
      seen('person', null),
      seen('person', school.strangerId),
      seen('account', null),
      seen('person', null),
      ['break-glass.end', 'break-glass', id, api.member('tenant_admin').accountId],
    ]);
    const ofPlatform = await log(`objectId=${id}`, 'compliance');
    assert.deepEqual(
      ofPlatform.map((entry) => [entry['action'], entry['onBehalfOf'], entry['requestId']]),
      ofSchool.map((entry) => [entry['action'], school.id, entry['requestId']]),
    );
    for (const tenantId of [school.id, platformTenantId]) assert.equal((await verifyChain(api.databases.owner, tenantId)).intact, true);
  });

  it('is written down once when it has ended by itself, however many look at once', async () => {
    const staff = await api.newStaff('compliance');
    const { id, token } = await api.open(staff, { minutes: 1 });
    api.pass(1.05);
    const looks = [
      ...['/v1/people', '/v1/classes', '/v1/me'].map((path) => api.send(path, { token })),
      api.send('/v1/break-glass', { as: 'tenant_admin' }),
    ];
    assert.deepEqual(
      (await Promise.all(looks)).map(({ status }) => status),
      [401, 401, 401, 200],
    );
    const { body } = await api.send(`/v1/audit?onBehalfOf=${id}`, { as: 'tenant_admin' });
    assert.deepEqual(
      itemsOf(body).map((entry) => [String(entry['action']), entry['actorId'] as unknown]),
      [
        ['break-glass.end', null],
        ['break-glass.open', staff.accountId],
      ],
    );
  });

  it('is seen by the administrators of its school and by platform staff, page by page, with what each may do', async () => {
    const staff = await api.newStaff('ops');
    const [older, newer] = [await api.open(staff, { role: 'billing' }), await api.open(staff, { role: 'billing' })];
    const elsewhere = await api.open(staff, { role: 'billing', tenantId: schoolId() });
    const list = async (query: string, as: Role, token?: string) =>
      (await api.send(`/v1/break-glass?${query}`, token ? { token } : { as })).body;
    const idsOf = (body: Json) => itemsOf(body).map(({ id }) => String(id));

    const own = await list('status=open', 'tenant_admin');
    assert.deepEqual(idsOf(own), [newer.id, older.id]);
    assert.deepEqual([itemsOf(own)[0]?.['reason'], itemsOf(own)[0]?.['actions']], [stated, ['end']]);
    assert.deepEqual(idsOf(await list('status=open', 'tenant_admin', await api.otherAdmin())), [elsewhere.id]);
    assert.deepEqual(idsOf(await list(`tenantId=${schoolId()}`, 'tenant_admin')), []);
    assert.equal((await api.send(`/v1/break-glass/${elsewhere.id}`, { as: 'tenant_admin' })).status, 404);

    const page = await list('status=open&limit=2', 'compliance');
    assert.deepEqual(idsOf(page), [elsewhere.id, newer.id]);
    assert.deepEqual(idsOf(await list(`status=open&limit=2&cursor=${String(page['nextCursor'])}`, 'compliance')), [older.id]);
    await api.send(`/v1/break-glass/${older.id}/end`, { as: 'compliance', method: 'POST' });
    assert.deepEqual(idsOf(await list(`status=ended&limit=200&tenantId=${api.schools[0].id}`, 'super_admin')).includes(older.id), true);
    assert.deepEqual(idsOf(await list('status=open', 'tenant_admin')), [newer.id]);
  });

  it('keeps its reason sealed under the keys of the school, and out of the log', async () => {
    const { id } = await api.open(await api.newStaff('compliance'));
    const [school] = api.schools;
    const rows = await inTenant(api.main, school.id, async (trx) => [await trx('break_glass_accesses'), await trx('audit_log')]);
    const text = JSON.stringify(rows, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value));
    assert.doesNotMatch(text, /Ticket|Lovelace/);
    await api.keyring.destroySubjectKeys(school.id, [id]);
    const { body } = await api.send(`/v1/break-glass/${id}`, { as: 'tenant_admin' });
    assert.deepEqual([body['reason'], body['status']], [null, 'open']);
  });

  it('is left behind by nobody when the vault is away', async () => {
    const staff = await api.newStaff('compliance');
    const before = itemsOf((await api.send('/v1/break-glass?limit=200', { as: 'super_admin' })).body).length;
    api.vaultAway = true;
    assert.equal((await api.ask(staff)).status, 503);
    assert.equal(itemsOf((await api.send('/v1/break-glass?limit=200', { as: 'super_admin' })).body).length, before);
  });
});
