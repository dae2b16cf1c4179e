import type { Knex } from 'knex';
import { fn } from 'objection';
import { z } from 'zod';
import { ForbiddenError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { suspensionReasons } from '../../domain/tenant.ts';
import { audit } from '../../platform/audit.ts';
import { inPlatform } from '../../platform/database.ts';
import type { Identity } from '../../platform/identity.ts';
import { Account } from '../../platform/models/account.ts';
import { Membership } from '../../platform/models/membership.ts';
import { Session } from '../../platform/models/session.ts';
import { actionsOf } from '../presenters/actions.ts';
import type { Caller } from '../support/caller.ts';
import { found } from '../support/find.ts';
import { reply, route, type Route } from '../support/route.ts';

const AccountResource = z
  .object({
    id: z.uuid(),
    status: z.enum(['active', 'suspended']),
    suspendedReason: z.string().nullable(),
    updatedAt: z.iso.datetime(),
    actions: z.array(z.enum(['suspend', 'resume'])),
  })
  .meta({ id: 'Account' });

interface Act {
  readonly accountId: string;
  readonly caller: Caller;
  readonly requestId: string;
  readonly to: 'active' | 'suspended';
  readonly reason: string | null;
  readonly action: 'account.suspend' | 'account.resume';
}

/** An account that is in the wanted state already is left as it is. Whoever may do more than the caller is out of the caller's reach. */
async function changeStatus(main: Knex, { accountId, caller, requestId, to, reason, action }: Act): Promise<Account> {
  if (accountId === caller.accountId) throw new ForbiddenError('suspend or resume', 'your own account');
  return inPlatform(main, async (trx) => {
    const before = found(await Account.query(trx).findById(accountId).forUpdate(), 'account');
    const superior = await Membership.query(trx).findOne({ tenant_id: platformTenantId, account_id: accountId, role: 'super_admin' });
    if (superior && caller.role !== 'super_admin') throw new ForbiddenError('suspend or resume', 'this account');
    if (before.status === to) return before;
    const after = await Account.query(trx).patchAndFetchById(accountId, { status: to, suspended_reason: reason });
    if (to === 'suspended') {
      const end = { revoked_at: fn.now(), revoked_reason: 'account-suspended' };
      await Session.query(trx).where({ account_id: accountId, revoked_at: null }).patch(end);
    }
    const entry = { actorId: caller.accountId, requestId, objectType: 'account', objectId: accountId };
    await audit(trx, { ...entry, tenantId: platformTenantId, action, before, after });
    return after;
  });
}

type MayDo = (object: string, action: string) => boolean;

const present = ({ id, status, suspended_reason, updated_at }: Account, can: MayDo): z.input<typeof AccountResource> => ({
  id,
  status: status as 'active' | 'suspended',
  suspendedReason: suspended_reason,
  updatedAt: updated_at.toISOString(),
  actions: actionsOf({
    suspend: status === 'active' && can('account', 'suspend'),
    resume: status === 'suspended' && can('account', 'resume'),
  }) as ('suspend' | 'resume')[],
});

const Id = z.object({ id: z.uuid() });

export interface AccountDeps {
  readonly main: Knex;
  readonly identity: Pick<Identity, 'breakGlass'>;
}

export const accountRoutes = ({ main, identity }: AccountDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/accounts/{id}/suspend',
    access: { object: 'account', action: 'suspend' },
    summary: 'Suspends an account: its sessions end at once, in every school',
    params: Id,
    body: z.strictObject({ reason: z.enum(suspensionReasons) }),
    responses: { 200: AccountResource },
    handler: async ({ params: { id: accountId }, body: { reason }, caller, requestId, can }) => {
      const act = { accountId, caller, requestId, reason, to: 'suspended', action: 'account.suspend' } as const;
      const account = await changeStatus(main, act);
      await identity.breakGlass.settleAll({ accountId }); // over by now: this writes it down
      return reply(200, present(account, can));
    },
  }),
  route({
    method: 'post',
    path: '/v1/accounts/{id}/resume',
    access: { object: 'account', action: 'resume' },
    summary: 'Lets a suspended account sign in again; sessions of before stay ended',
    params: Id,
    responses: { 200: AccountResource },
    handler: async ({ params: { id: accountId }, caller, requestId, can }) => {
      const act = { accountId, caller, requestId, reason: null, to: 'active', action: 'account.resume' } as const;
      return reply(200, present(await changeStatus(main, act), can));
    },
  }),
];
