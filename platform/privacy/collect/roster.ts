import { z } from 'zod';
import { redacted } from '../../../domain/privacy/export.ts';
import { inTenant } from '../../database.ts';
import { Enrollment } from '../../models/class.ts';
import { Guardianship } from '../../models/guardianship.ts';
import { Invitation } from '../../models/invitation.ts';
import { at, atOrNull, type Collector, inPages, recordKind, time, timeOrNull } from '../collector.ts';

type ClassRow = Enrollment & { readonly title: string; readonly subject: string | null; readonly unit: string | null };

const classes = recordKind({
  name: 'classes',
  title: 'Your classes',
  about: 'Where you are enrolled, and as what. Teachers and classmates are not named.',
  schema: z.object({
    classId: z.uuid(),
    title: z.string(),
    subject: z.string().nullable(),
    unit: z.string().nullable().describe('The school or department that the class belongs to'),
    role: z.string(),
    status: z.string(),
    createdAt: time,
    updatedAt: time,
  }),
  async *read({ knex, subject: { tenantId, personId } }) {
    const rows = inPages<ClassRow>((after, limit) =>
      inTenant(knex, tenantId, async (trx) => {
        const page = Enrollment.query(trx)
          .alias('e')
          .joinRaw('join classes c on c.tenant_id = e.tenant_id and c.id = e.class_id')
          .joinRaw('left join org_units u on u.tenant_id = c.tenant_id and u.id = c.org_unit_id')
          .where({ 'e.tenant_id': tenantId, 'e.person_id': personId })
          .select('e.*', 'c.title', 'c.subject', 'u.name as unit');
        if (after) page.whereRaw('(e.class_id, e.role) > (?, ?)', [after.class_id, after.role]);
        return (await page.orderBy(['e.class_id', 'e.role']).limit(limit)) as unknown as ClassRow[];
      }),
    );
    for await (const { class_id: classId, title, subject, unit, role, status, created_at, updated_at } of rows)
      yield { classId, title, subject, unit, role, status, createdAt: at(created_at), updatedAt: at(updated_at) };
  },
});

const family = recordKind({
  name: 'family',
  title: 'Guardians and children',
  about: 'Whom you answer for, and who answers for you: only that there is somebody, and how you are related.',
  schema: z.object({
    youAre: z.enum(['guardian', 'child']),
    relationship: z.string(),
    other: z.string().describe('Somebody else’s data'),
    status: z.string(),
    createdAt: time,
    updatedAt: time,
  }),
  async *read({ knex, subject: { tenantId, personId } }) {
    const rows = await inTenant(knex, tenantId, async (trx) =>
      Guardianship.query(trx)
        .where({ tenant_id: tenantId })
        .where((either) => void either.where('guardian_id', personId).orWhere('child_id', personId))
        .orderBy(['guardian_id', 'child_id']),
    );
    for (const { guardian_id: guardianId, relationship, status, created_at, updated_at } of rows) {
      const youAre = guardianId === personId ? ('guardian' as const) : ('child' as const);
      yield { youAre, relationship, other: redacted, status, createdAt: at(created_at), updatedAt: at(updated_at) };
    }
  },
});

const invitations = recordKind({
  name: 'invitations',
  title: 'Invitations',
  about: 'When you were asked to make an account, and what became of it.',
  schema: z.object({
    id: z.uuid(),
    role: z.string(),
    status: z.string(),
    createdAt: time,
    sentAt: timeOrNull,
    acceptedAt: timeOrNull,
    expiresAt: time,
  }),
  async *read({ knex, subject: { tenantId, personId } }) {
    const rows = await inTenant(knex, tenantId, async (trx) =>
      Invitation.query(trx).where({ tenant_id: tenantId, person_id: personId }).orderBy('id'),
    );
    for (const { id, role, status, created_at, sent_at, accepted_at, expires_at } of rows) {
      const times = { createdAt: at(created_at), sentAt: atOrNull(sent_at), acceptedAt: atOrNull(accepted_at), expiresAt: at(expires_at) };
      yield { id, role, status, ...times };
    }
  },
});

export const roster: Collector = {
  place: 'roster',
  tables: ['enrollments', 'guardianships', 'invitations'],
  kinds: [classes, family, invitations],
};
