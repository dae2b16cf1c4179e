import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Invitation } from '../../platform/models/invitation.ts';
import { Person } from '../../platform/models/person.ts';
import { SealedInput } from '../../platform/models/sealed-input.ts';
import { admin, makeUpToAdmin, runOf, useMaking } from './support/school-in-making.ts';

describe('activities/account', () => {
  const making = useMaking();
  const people = (tenantId: string) => inTenant(making.databases.main, tenantId, async (trx) => Person.query(trx));
  const invitations = (tenantId: string) => inTenant(making.databases.main, tenantId, async (trx) => Invitation.query(trx));

  it('makes the first administrator once: a sealed person and an invitation that lasts as the school settles', async () => {
    const made = await makeUpToAdmin(making);
    await making.accounts.createAdmin(made);
    const [person, ...others] = await people(made.tenantId);
    assert.deepEqual([others.length, person?.id, person?.roles, person?.source], [0, made.personId, ['tenant_admin'], 'onboarding']);
    const sealer = await making.keyring.sealer(made.tenantId, [made.personId]);
    const open = (column: 'email' | 'display_name') =>
      sealer.open(
        made.personId,
        { tenantId: made.tenantId, table: 'people', column, rowId: made.personId },
        person?.[column] ?? Buffer.alloc(0),
      );
    assert.deepEqual([open('email'), open('display_name')], [admin.adminEmail, admin.adminName]);
    const [invitation, ...more] = await invitations(made.tenantId);
    assert.deepEqual(
      [more.length, invitation?.id, invitation?.role, invitation?.run_id],
      [0, made.invitationId, 'tenant_admin', made.run.runId],
    );
    const days = ((invitation?.expires_at.getTime() ?? 0) - Date.now()) / 86_400_000;
    assert.ok(days > 13.9 && days <= 14);
  });

  it('takes the administrator back, key and invitation too, twice, and where there is none', async () => {
    const made = await makeUpToAdmin(making);
    await making.accounts.removeAdmin(made);
    await making.accounts.removeAdmin(made);
    await making.accounts.removeAdmin({ tenantId: newId(), personId: newId() });
    assert.deepEqual([await people(made.tenantId), await invitations(made.tenantId)], [[], []]);
    assert.equal((await making.keyring.sealer(made.tenantId, [made.personId])).has(made.personId), false);
  });

  it('discards the sealed input with its key, and can make nobody from it after', async () => {
    const made = await makeUpToAdmin(making);
    const input = { tenantId: platformTenantId, sealedInputId: made.run.sealedInputId ?? '' };
    await making.accounts.discardInput(input);
    await making.accounts.discardInput(input);
    const rows = await inTenant(making.databases.main, platformTenantId, async (trx) =>
      SealedInput.query(trx).where({ id: input.sealedInputId }),
    );
    assert.deepEqual(rows, []);
    assert.equal((await making.keyring.sealer(platformTenantId, [input.sealedInputId])).has(input.sealedInputId), false);
    await assert.rejects(making.accounts.createAdmin({ ...made, personId: newId() }), { code: 'not-found' });
  });

  it('refuses to make an administrator of whom nothing was sealed', async () => {
    await assert.rejects(making.accounts.createAdmin({ tenantId: newId(), personId: newId(), invitationId: newId(), run: runOf() }), {
      code: 'not-found',
    });
  });
});
