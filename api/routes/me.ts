import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { channelOf } from '../../domain/tenant.ts';
import { asAccount } from '../../platform/database.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { Account } from '../../platform/models/account.ts';
import { Membership } from '../../platform/models/membership.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { openRow } from '../../platform/pii.ts';
import { rowReader } from '../../platform/row-reader.ts';
import type { Policies } from '../../policies/index.ts';
import { Me } from '../presenters/me.ts';
import { found } from '../support/find.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface MeDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly policies: Pick<Policies, 'permissionsOf'>;
}

const tenantById = rowReader(Tenant, ['id']);
const accountById = rowReader(Account, ['id']);
const membershipsOf = rowReader(Membership, ['account_id', 'status'], 'order by id');

async function loginOf(keyring: MeDeps['keyring'], { id, login }: Account): Promise<string | null> {
  const sealer = await keyring.sealer(platformTenantId, [id]);
  const place = { table: Account.tableName, tenantId: platformTenantId, subjectId: id, rowId: id };
  return sealer.has(id) ? (openRow(sealer, Account.pii, place, { login }).login ?? null) : null;
}

export const meRoutes = ({ main, keyring, policies }: MeDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/me',
    access: 'signed-in',
    personal: true,
    paying: true,
    summary: 'Who I am, in which tenant, and what I may do there',
    responses: { 200: Me },
    handler: async ({ caller, read }) => {
      const { accountId, tenantId, membershipId, role, personId = null, breakGlassId = null } = caller;
      const tenant = found((await read((trx) => tenantById(trx, tenantId)))[0], 'tenant');
      const { account, memberships } = await asAccount(main, accountId, async (trx) => ({
        account: found((await accountById(trx, accountId))[0], 'account'),
        memberships: await membershipsOf(trx, accountId, 'active'),
      }));
      return reply(200, {
        account: { id: accountId, login: await loginOf(keyring, account), timeZone: account.time_zone, locale: account.locale },
        membership: { id: membershipId, role, personId },
        tenant: {
          id: tenantId,
          slug: tenant.slug,
          name: tenant.name,
          status: tenant.status,
          accessLevel: tenant.access_level,
          timeZone: tenant.time_zone,
          locale: tenant.locale,
        },
        memberships: memberships.map((membership) => ({ id: membership.id, tenantId: membership.tenant_id, role: membership.role })),
        breakGlassId,
        permissions: policies.permissionsOf(caller),
        channel: channelOf(tenantId),
      });
    },
  }),
];
