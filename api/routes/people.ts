import { z } from 'zod';
import { PersonRestrictedError } from '../../domain/consent-errors.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { Enrollment } from '../../platform/models/class.ts';
import { Person } from '../../platform/models/person.ts';
import { PersonResource, PersonSummary, presentPerson, presentPersonSummary } from '../presenters/person.ts';
import { found } from '../support/find.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { Word } from '../support/schemas.ts';
import { ownPeople } from '../support/visible-people.ts';

export interface PeopleDeps {
  readonly keyring: Pick<Keyring, 'sealer'>;
}
const Filter = z.strictObject({
  ...paging,
  role: Word.optional(),
  status: Word.optional(),
  classId: z.uuid().optional().describe('Only people who are in this class now'),
});

/** People of the caller's school: everybody for those who may, else oneself and one's children. */
export const peopleRoutes = (deps: PeopleDeps): Route[] => [listRoute(deps), readRoute(deps)];

const listRoute = ({ keyring }: PeopleDeps): Route =>
  route({
    method: 'get',
    path: '/v1/people',
    access: { object: 'person', action: 'read' },
    personal: true,
    purpose: 'education-service',
    summary: 'People of the school; students and guardians see themselves and their children',
    query: Filter,
    responses: { 200: pageOf(PersonSummary) },
    handler: async ({ query: { limit, cursor, role, status, classId }, caller, can, read }) => {
      const { tenantId } = caller;
      const after = positionOf(cursor, idPosition);
      const { rows, own } = await read(async (trx) => {
        const own = await ownPeople(trx, caller);
        const people = Person.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id')
          .limit(limit + 1);
        people.select('id', 'tenant_id', 'display_name', 'roles', 'status', 'grade', 'restricted_by', 'created_at', 'updated_at');
        if (!can('person', 'read-all')) people.whereIn('id', own);
        if (after) people.where('id', '>', after);
        if (role) people.whereRaw('? = any(roles)', [role]);
        if (status) people.where({ status });
        if (classId)
          people.whereIn(
            'id',
            Enrollment.query(trx).where({ tenant_id: tenantId, class_id: classId, status: 'active' }).select('person_id'),
          );
        return { rows: await people, own };
      });
      const sealer = await keyring.sealer(
        tenantId,
        rows.map(({ id }) => id),
      );
      return reply(
        200,
        page(
          rows,
          limit,
          ({ id }) => id,
          (person) => presentPersonSummary(person, sealer, own.includes(person.id)),
        ),
      );
    },
  });

const readRoute = ({ keyring }: PeopleDeps): Route =>
  route({
    method: 'get',
    path: '/v1/people/{id}',
    access: { object: 'person', action: 'read' },
    personal: true,
    purpose: 'education-service',
    summary: 'One person, with contact data where the caller may see it',
    params: z.object({ id: z.uuid() }),
    responses: { 200: PersonResource },
    problems: [423],
    handler: async ({ params: { id }, caller, can, read }) => {
      const { tenantId } = caller;
      const { person, own } = await read(async (trx) => {
        const isOwn = (await ownPeople(trx, caller)).includes(id);
        const visible = isOwn || can('person', 'read-all');
        return { own: isOwn, person: visible ? await Person.query(trx).findOne({ tenant_id: tenantId, id }) : undefined };
      });
      const shown = found(person, 'person');
      if (shown.restricted_by && !own) throw new PersonRestrictedError();
      const sealer = await keyring.sealer(tenantId, [id]);
      return reply(200, presentPerson(shown, sealer, own, own || can('person', 'read-contact')));
    },
  });
