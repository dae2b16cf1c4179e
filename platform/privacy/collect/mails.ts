import { z } from 'zod';
import { inTenant } from '../../database.ts';
import { Effect } from '../../models/effect.ts';
import { Invitation } from '../../models/invitation.ts';
import { type Asked, at, atOrNull, type Collector, recordKind, time, timeOrNull } from '../collector.ts';
import { membershipsOf } from './account.ts';

/** Mails are known by their keys: `invitation:<invitation>`, and `dunning:<invoice>:<step>:<contact>` by membership or person. */
async function mailsTo(asked: Asked): Promise<Effect[]> {
  const { knex, asOf, subject } = asked;
  const { tenantId, personId } = subject;
  const contacts = [personId, ...(await membershipsOf(asked)).map(({ id }) => id)];
  return inTenant(knex, tenantId, async (trx) => {
    const invited = await Invitation.query(trx).where({ tenant_id: tenantId, person_id: personId }).select('id');
    const keys = invited.map(({ id }) => `invitation:${id}`);
    return Effect.query(trx)
      .where({ tenant_id: tenantId, vendor: 'sendgrid' })
      .where('requested_at', '<=', asOf)
      .where((either) => {
        void either.whereIn('key', keys).orWhereRaw(`key like 'dunning:%' and split_part(key, ':', 4) = any(?::text[])`, [contacts]);
      })
      .orderBy(['requested_at', 'key']);
  });
}

export const mails: Collector = {
  place: 'mails',
  tables: ['effects'],
  kinds: [
    recordKind({
      name: 'mails',
      title: 'Mails we sent you',
      about: 'Which mail it was, when it was sent, and what the mail service calls it. We keep no copy of what was in it.',
      schema: z.object({
        mail: z.string(),
        status: z.string(),
        requestedAt: time,
        sentAt: timeOrNull,
        messageId: z.string().nullable(),
      }),
      async *read(asked) {
        for (const { operation: mail, status, requested_at, done_at, vendor_ref: messageId } of await mailsTo(asked))
          yield { mail, status, requestedAt: at(requested_at), sentAt: atOrNull(done_at), messageId };
      },
    }),
  ],
};
