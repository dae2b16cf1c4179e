import assert from 'node:assert/strict';
import type { Role } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { Person } from '../../../platform/models/person.ts';
import { TenantSettings } from '../../../platform/models/tenant.ts';
import { sealRow } from '../../../platform/pii.ts';
import { useApi } from '../../support/api.ts';
import type { Answer } from '../../support/http.ts';

interface Standing {
  readonly personId: string;
  readonly purpose: string;
  readonly state: string;
  readonly conflict: { readonly withDecision: string } | null;
}
const gpc = { 'sec-gpc': '1' };

describe('consents', () => {
  const api = useApi();
  const personOf = (role: Role, school: 0 | 1 = 0): string => api.member(role, school).personId ?? '';
  const decide = (as: Role, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
    api.send('/v1/consents', { as, method: 'POST', headers, body: { personId: personOf(as), version: 1, decision: 'granted', ...body } });
  const standings = async (as: Role, query = '', headers: Record<string, string> = {}): Promise<Standing[]> =>
    (await api.send(`/v1/consents${query}`, { as, headers })).body['items'] as unknown as Standing[];
  const standing = async (as: Role, purpose: string, personId = personOf(as)): Promise<string | undefined> =>
    (await standings(as)).find((each) => each.personId === personId && each.purpose === purpose)?.state;
  const codeOf = ({ status, body }: Answer): [number, string] => [status, String(body['type']).split('/').at(-1) ?? ''];
  const rowsOf = (personId: string) =>
    inTenant(api.main, api.schools[0].id, (trx) => trx('consents').where({ person_id: personId }).orderBy('seq')) as Promise<
      { purpose: string; decision: string; decided_as: string; text_digest: Buffer; id: string; conflicts_with: string | null }[]
    >;
  const setBirthDate = async (personId: string, date_of_birth: string): Promise<void> => {
    const tenantId = api.schools[0].id;
    const sealer = await api.keyring.sealer(tenantId, [personId]);
    const place = { table: 'people', tenantId, subjectId: personId, rowId: personId };
    const sealed = sealRow(sealer, { date_of_birth: Person.pii.date_of_birth }, place, { date_of_birth });
    await inTenant(api.main, tenantId, async (trx) => Person.query(trx).where({ id: personId }).patch(sealed));
  };

  it('show what is asked, with the digest of its words, to anybody', async () => {
    const { status, body } = await api.send('/v1/consent-purposes');
    const items = body['items'] as unknown as { id: string; digest: string; consent: string }[];
    assert.equal(status, 200);
    assert.ok(items.some(({ id, consent, digest }) => id === 'roblox-link' && consent === 'required' && /^[0-9a-f]{64}$/.test(digest)));
  });

  it('of an adult are the newest decision, each a row that says which words it was about; a repeat is none', async () => {
    assert.equal(await standing('teacher', 'roblox-link'), 'not-asked');
    const yes = await decide('teacher', { purpose: 'roblox-link' });
    assert.deepEqual([yes.status, await standing('teacher', 'roblox-link')], [201, 'granted']);
    const again = await decide('teacher', { purpose: 'roblox-link' });
    assert.deepEqual([again.status, again.body['id']], [200, yes.body['id']]);
    await decide('teacher', { purpose: 'roblox-link', decision: 'withdrawn' });
    assert.equal(await standing('teacher', 'roblox-link'), 'withdrawn');
    const { body } = await api.send('/v1/consents/history?limit=1', { as: 'teacher' });
    assert.equal((body['items'] as unknown as object[]).length, 1);
    const next = await api.send(`/v1/consents/history?cursor=${String(body['nextCursor'])}`, { as: 'teacher' });
    assert.deepEqual(
      (next.body['items'] as unknown as { id: string }[]).map(({ id }) => id),
      [yes.body['id']],
    );
    const acts: unknown = await inTenant(api.main, api.schools[0].id, (trx) =>
      trx('audit_log')
        .where({ object_type: 'consent', actor_id: api.member('teacher').accountId })
        .orderBy('seq')
        .pluck('action'),
    );
    assert.deepEqual(acts, ['consent.granted', 'consent.withdrawn']);
  });

  it('refuse an older text, an unknown purpose, and what nobody is asked about', async () => {
    assert.deepEqual(codeOf(await decide('teacher', { purpose: 'roblox-link', version: 2 })), [409, 'purpose-outdated']);
    assert.equal((await decide('teacher', { purpose: 'spying' })).status, 422);
    assert.deepEqual(codeOf(await decide('teacher', { purpose: 'education-service' })), [403, 'not-theirs-to-decide']);
  });

  it('of a minor need a guardian’s yes; the child may say no at any time', async () => {
    const child = personOf('student');
    await decide('student', { purpose: 'roblox-link' });
    assert.equal(await standing('student', 'roblox-link'), 'waits-for-guardian');
    const yes = await decide('guardian', { personId: child, purpose: 'roblox-link' });
    assert.deepEqual([yes.status, yes.body['decidedAs']], [201, 'guardian']);
    assert.equal(await standing('guardian', 'roblox-link', child), 'granted');
    await decide('student', { purpose: 'roblox-link', decision: 'withdrawn' });
    assert.equal(await standing('student', 'roblox-link'), 'withdrawn');
    await decide('student', { purpose: 'roblox-link' });
    assert.equal(await standing('student', 'roblox-link'), 'waits-for-guardian');
  });

  it('go by the sealed birth date and the age of the school’s country', async () => {
    const years = (age: number): string => `${new Date().getUTCFullYear() - age}-01-01`;
    await setBirthDate(personOf('student'), years(14));
    await decide('student', { purpose: 'product-analytics' });
    assert.equal(await standing('student', 'product-analytics'), 'waits-for-guardian');
    await inTenant(api.main, api.schools[0].id, async (trx) => TenantSettings.query(trx).patch({ country: 'US' }));
    await decide('student', { purpose: 'product-analytics' });
    assert.equal(await standing('student', 'product-analytics'), 'granted');
    const other = await decide('guardian', { personId: personOf('student'), purpose: 'product-analytics' });
    assert.deepEqual(codeOf(other), [403, 'not-theirs-to-decide']);
    await inTenant(api.main, api.schools[0].id, async (trx) => TenantSettings.query(trx).patch({ country: null }));
  });

  it('may be given by the school for education, not for commerce, and never by others', async () => {
    const { strangerId } = api.schools[0];
    const paper = await decide('tenant_admin', { personId: strangerId, purpose: 'roblox-link', method: 'paper' });
    assert.deepEqual([paper.status, paper.body['decidedAs']], [201, 'school']);
    const sold = await decide('tenant_admin', { personId: strangerId, purpose: 'third-party-sharing' });
    assert.deepEqual(codeOf(sold), [403, 'not-theirs-to-decide']);
    for (const as of ['teacher', 'guardian', 'student'] as const)
      assert.equal((await decide(as, { personId: strangerId, purpose: 'roblox-link' })).status, 404, as);
    assert.equal((await decide('tenant_admin', { personId: personOf('student', 1), purpose: 'roblox-link' })).status, 404);
  });

  it('are seen by oneself, guardians, the school’s admin and compliance, and by nobody else', async () => {
    const { strangerId, id: tenantId } = api.schools[0];
    const seen = async (as: Role, query: string) => (await api.send(`/v1/consents?${query}`, { as })).status;
    assert.equal(await seen('tenant_admin', `personId=${strangerId}`), 200);
    assert.equal(await seen('compliance', `personId=${strangerId}&tenantId=${tenantId}`), 200);
    assert.equal(await seen('compliance', `personId=${strangerId}`), 404);
    for (const as of ['teacher', 'guardian', 'student'] as const) assert.equal(await seen(as, `personId=${strangerId}`), 404, as);
    assert.equal(await seen('tenant_admin', `tenantId=${api.schools[1].id}`), 404);
  });

  it('hear Sec-GPC once, tell of the yes it went against, and take a confirmed exception', async () => {
    const mine = personOf('billing');
    const yes = await decide('billing', { purpose: 'product-analytics' });
    for (let times = 0; times < 3; times += 1) await api.send('/v1/me', { as: 'billing', headers: gpc });
    const rows = (await rowsOf(mine)).filter(({ decided_as }) => decided_as === 'gpc');
    assert.deepEqual(
      rows.map(({ purpose, conflicts_with }) => [purpose, conflicts_with]),
      [
        ['product-analytics', yes.body['id']],
        ['third-party-sharing', null],
      ],
    );
    const told = (await standings('billing')).find(({ purpose }) => purpose === 'product-analytics');
    assert.deepEqual([told?.state, told?.conflict?.withDecision], ['withdrawn', yes.body['id']]);
    const bare = await decide('billing', { purpose: 'product-analytics' }, gpc);
    assert.deepEqual(codeOf(bare), [409, 'gpc-conflict']);
    const sure = await decide('billing', { purpose: 'product-analytics', method: 'gpc-exception' }, gpc);
    assert.equal(sure.status, 201);
    await api.send('/v1/me', { as: 'billing', headers: gpc });
    assert.equal(await standing('billing', 'product-analytics'), 'granted');
    assert.equal(await standing('billing', 'third-party-sharing'), 'withdrawn');
  });

  it('are heard once also by requests that come together', async () => {
    await Promise.all(Array.from({ length: 6 }, () => api.send('/v1/me', { as: 'developer', headers: gpc })));
    assert.equal((await rowsOf(personOf('developer'))).length, 2);
  });

  it('hold in the very next request, and again after the next decision', async () => {
    const subscribe = () =>
      api.send('/v1/pusher/auth', {
        as: 'teacher',
        method: 'POST',
        raw: `socket_id=1.1&channel_name=private-tenant-${api.schools[0].id}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    assert.equal((await subscribe()).status, 200);
    await decide('teacher', { purpose: 'live-updates', decision: 'withdrawn' });
    const refused = await subscribe();
    assert.deepEqual([...codeOf(refused), refused.body['purpose']], [403, 'consent-required', 'live-updates']);
    await decide('teacher', { purpose: 'live-updates' });
    assert.equal((await subscribe()).status, 200);
  });

  it('cannot be edited or removed: by the app for want of the right, by the owner for the trigger', async () => {
    const row = (await rowsOf(personOf('teacher')))[0];
    assert.ok(row);
    const denied = { code: '42501' };
    for (const knex of [api.main, api.databases.owner]) {
      const of = <T>(work: (trx: import('knex').Knex.Transaction) => Promise<T>) => inTenant(knex, api.schools[0].id, work);
      await assert.rejects(
        of((trx) => trx('consents').where({ id: row.id }).update({ decision: 'granted' })),
        denied,
      );
      await assert.rejects(
        of((trx) => trx('consents').where({ id: row.id }).delete()),
        denied,
      );
    }
  });
});
