import assert from 'node:assert/strict';
import type { Role } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Invitation } from '../../../platform/models/invitation.ts';
import { useApi } from '../../support/api.ts';
import { addPerson } from '../../support/school.ts';

const password = 'a password of her own';

describe('invitations', () => {
  const api = useApi();
  const invite = async (email: string, role: Role, days = 1): Promise<string> => {
    const tenantId = api.schools[0].id;
    const personId = await addPerson(api, tenantId, { display_name: 'Invited', email }, [role]);
    const id = newId();
    const expires_at = new Date(Date.now() + days * 86_400_000);
    await inTenant(api.main, tenantId, async (trx) =>
      Invitation.query(trx).insert({ id, tenant_id: tenantId, person_id: personId, role, status: 'sent', expires_at }),
    );
    return api.identity.invitationToken({ tenantId, invitationId: id });
  };
  const accept = (token: string, chosen = password) => api.send('/v1/invitations/accept', { body: { token, password: chosen } });

  it('turn into an account that signs in to the school with that role', async () => {
    const { status, body } = await accept(await invite('grace@one.example', 'teacher'));
    assert.deepEqual([status, body['tenantId']], [200, api.schools[0].id]);
    const { body: tokens } = await api.send('/v1/auth/token', { body: { email: 'grace@one.example', password } });
    const me = await api.send('/v1/me', { token: String(tokens['accessToken']) });
    assert.deepEqual(me.body['membership']?.['role'], 'teacher');
  });

  it('answer the same when they are accepted twice with the same password, and 410 to anybody else', async () => {
    const token = await invite('mary@one.example', 'billing');
    const [first, again] = [await accept(token), await accept(token)];
    assert.deepEqual([again.status, again.body], [200, first.body]);
    assert.equal((await accept(token, 'the password of a thief')).status, 410);
  });

  it('refuse codes that are changed, expired or made up, and passwords that are weak', async () => {
    const token = await invite('edith@one.example', 'teacher');
    const turned = `${token.slice(0, 60)}${token[60] === 'A' ? 'B' : 'A'}${token.slice(61)}`;
    for (const bad of [turned, 'x', await invite('late@one.example', 'teacher', -1)]) assert.equal((await accept(bad)).status, 410);
    const weak = await accept(token, 'short');
    assert.deepEqual([weak.status, weak.body['type']], [422, 'https://errors.toolbox.example/weak-password']);
  });

  it('are listed for the school’s admin, without names, and for no other school', async () => {
    const { body } = await api.send('/v1/invitations?status=accepted', { as: 'tenant_admin' });
    const roles = (body['items'] as unknown as { role: string; acceptedAt: string | null }[]).map(({ role, acceptedAt }) => [
      role,
      acceptedAt !== null,
    ]);
    assert.deepEqual(roles, [
      ['teacher', true],
      ['billing', true],
    ]);
    assert.doesNotMatch(JSON.stringify(body), /@|Invited/);
    assert.deepEqual((await api.send('/v1/invitations', { as: 'tenant_admin', school: 1 })).body['items'], []);
  });
});
