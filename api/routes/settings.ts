import type { Knex } from 'knex';
import { z } from 'zod';
import { NotFoundError, VersionConflictError } from '../../domain/errors.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { TenantSettings } from '../../platform/models/tenant.ts';
import { rowReader } from '../../platform/row-reader.ts';
import { presentSettings, SettingsResource } from '../presenters/tenant.ts';
import { etag } from '../support/etag.ts';
import { found } from '../support/find.ts';
import { reply, route, type Route } from '../support/route.ts';

const settingsOf = rowReader(TenantSettings, ['tenant_id']);
const Id = z.object({ id: z.uuid() });
const Changes = z
  .strictObject({
    invitationDays: z.number().int().min(1).max(90),
    inviteStaff: z.boolean(),
    sessionHours: z.number().int().min(1).max(8_760),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'It is a country by ISO 3166: two capital letters.')
      .meta({ examples: ['DE'] }),
  })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'Change something.');
const columns = {
  invitationDays: 'invitation_days',
  inviteStaff: 'invite_staff',
  sessionHours: 'session_hours',
  country: 'country',
} as const;

const toRow = (changes: z.infer<typeof Changes>): Partial<TenantSettings> =>
  Object.fromEntries(Object.entries(changes).map(([field, value]) => [columns[field as keyof typeof columns], value]));

/** What a school decides for itself. Only for its own people: another's settings are not there. */
export const settingsRoutes = ({ main }: { readonly main: Knex }): Route[] => [
  route({
    method: 'get',
    path: '/v1/tenants/{id}/settings',
    access: { object: 'settings', action: 'read' },
    summary: 'The settings of one’s own school',
    params: Id,
    responses: { 200: SettingsResource },
    handler: async ({ params: { id }, caller, can, read }) => {
      if (caller.tenantId !== id) throw new NotFoundError('tenant');
      const settings = found((await read((trx) => settingsOf(trx, id)))[0], 'tenant');
      return reply(200, presentSettings(settings, can), { ETag: etag(settings.version) });
    },
  }),
  route({
    method: 'patch',
    path: '/v1/tenants/{id}/settings',
    access: { object: 'settings', action: 'update' },
    summary: 'Changes settings of one’s own school',
    params: Id,
    body: Changes,
    ifMatch: true,
    responses: { 200: SettingsResource },
    handler: async ({ params: { id }, body, version, caller, can, requestId }) => {
      if (caller.tenantId !== id) throw new NotFoundError('tenant');
      const settings = await inTenant(main, id, async (trx) => {
        const before = found(await TenantSettings.query(trx).findById(id).forUpdate(), 'tenant');
        if (before.version !== version) throw new VersionConflictError();
        const after = await TenantSettings.query(trx).patchAndFetchById(id, toRow(body));
        const act = { action: 'settings.update', objectType: 'tenant_settings', objectId: id, before, after };
        await audit(trx, { tenantId: id, actorId: caller.accountId, requestId, ...act });
        return after;
      });
      return reply(200, presentSettings(settings, can), { ETag: etag(settings.version) });
    },
  }),
];
