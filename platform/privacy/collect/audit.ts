import { z } from 'zod';
import { redacted } from '../../../domain/privacy/export.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../database.ts';
import { AuditEntry, AuditHead } from '../../models/audit-entry.ts';
import { Invitation } from '../../models/invitation.ts';
import { type Asked, at, type Collector, recordKind, time } from '../collector.ts';
import { membershipsOf } from './account.ts';

const record = z.object({
  id: z.uuid(),
  at: time,
  log: z.enum(['school', 'platform']),
  action: z.string(),
  by: z.string().describe('You, the platform itself, or somebody who is not named'),
  objectType: z.string(),
  objectId: z.string().nullable(),
});
/** What these are is nobody's but whose they are: of another person their ids are left out. */
const ofPeople: ReadonlySet<string> = new Set(['person', 'account', 'membership', 'invitation', 'session']);

/** The log has no index by object or actor, and one statement must not read all of it: so many entries at a time. */
const windowSize = 20_000;

/** A tenant's entries of which the account is the actor, or one of these the object. */
async function* entriesOf({ knex, asOf, subject: { accountId } }: Asked, tenantId: string, objects: readonly string[]) {
  const head = await inTenant(knex, tenantId, async (trx) => AuditHead.query(trx).findById(tenantId));
  for (let seq = 0; seq < (head?.seq ?? 0); seq += windowSize) {
    const rows = await inTenant(knex, tenantId, async (trx) => {
      const page = AuditEntry.query(trx).where({ tenant_id: tenantId }).where('seq', '>', seq);
      page.where('seq', '<=', seq + windowSize).where('at', '<=', asOf);
      page.where((either) => {
        void either.whereIn('object_id', [...objects]);
        if (accountId) void either.orWhere('actor_id', accountId);
      });
      return page.orderBy('seq');
    });
    yield* rows;
  }
}

/** The ids by which others speak of the person in the school's log. */
async function ownIds(asked: Asked): Promise<string[]> {
  const { knex, subject } = asked;
  const { tenantId, personId, accountId } = subject;
  const invited = await inTenant(knex, tenantId, async (trx) =>
    Invitation.query(trx).where({ tenant_id: tenantId, person_id: personId }).select('id'),
  );
  return [personId, ...(accountId ? [accountId] : []), ...[...(await membershipsOf(asked)), ...invited].map(({ id }) => id)];
}

const acts = recordKind({
  name: 'audit-log',
  title: 'What was done, by you and about you',
  about: 'The audit log’s entries that are about you, and those of what you did yourself. Others are not named.',
  schema: record,
  async *read(asked) {
    const { tenantId, accountId } = asked.subject;
    const objects = await ownIds(asked);
    const own: ReadonlySet<string> = new Set(objects);
    const present = (log: 'school' | 'platform', entry: AuditEntry): z.input<typeof record> => {
      const { id, action, actor_id: actor, object_type: objectType, object_id: object } = entry;
      const by = actor === null ? 'the platform' : actor === accountId ? 'you' : redacted;
      const hidden = object !== null && ofPeople.has(objectType) && !own.has(object);
      return { id, at: at(entry.at), log, action, by, objectType, objectId: hidden ? redacted : object };
    };
    for await (const entry of entriesOf(asked, tenantId, objects)) yield present('school', entry);
    if (!accountId) return;
    for await (const entry of entriesOf(asked, platformTenantId, [accountId])) yield present('platform', entry);
  },
});

export const auditLog: Collector = { place: 'audit log', tables: ['audit_log'], kinds: [acts] };
