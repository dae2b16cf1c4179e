import type { Knex } from 'knex';
import { z } from 'zod';
import { Class, Enrollment } from '../../platform/models/class.ts';
import { ClassResource, ClassSummary, presentClass, presentClassSummary } from '../presenters/class.ts';
import { found } from '../support/find.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { Word } from '../support/schemas.ts';
import { classesOf, ownPeople } from '../support/visible-people.ts';

interface Count {
  readonly role: string;
  readonly count: string | number;
}

async function membersOf(trx: Knex.Transaction, tenantId: string, classId: string): Promise<Record<string, number>> {
  const counts = Enrollment.query(trx)
    .where({ tenant_id: tenantId, class_id: classId, status: 'active' })
    .groupBy('role')
    .select('role')
    .count('* as count');
  return Object.fromEntries(((await counts) as unknown as Count[]).map(({ role, count }) => [role, Number(count)]));
}

/** Classes of the caller's school: all for those who may, else those they or their children are in. */
export const classRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/v1/classes',
    access: { object: 'class', action: 'read' },
    purpose: 'education-service',
    summary: 'Classes of the school; students and guardians see their own and their children’s',
    query: z.strictObject({
      ...paging,
      status: Word.optional(),
    }),
    responses: { 200: pageOf(ClassSummary) },
    handler: async ({ query: { limit, cursor, status }, caller, can, read }) => {
      const { tenantId } = caller;
      const after = positionOf(cursor, idPosition);
      const rows = await read(async (trx) => {
        const classes = Class.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id')
          .limit(limit + 1);
        if (!can('class', 'read-all')) classes.whereIn('id', classesOf(trx, tenantId, await ownPeople(trx, caller)));
        if (after) classes.where('id', '>', after);
        if (status) classes.where({ status });
        return classes;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentClassSummary),
      );
    },
  }),
  route({
    method: 'get',
    path: '/v1/classes/{id}',
    access: { object: 'class', action: 'read' },
    purpose: 'education-service',
    summary: 'One class',
    params: z.object({ id: z.uuid() }),
    responses: { 200: ClassResource },
    handler: async ({ params: { id }, caller, can, read }) => {
      const { tenantId } = caller;
      const { row, members } = await read(async (trx) => {
        const one = Class.query(trx).where({ tenant_id: tenantId, id }).first();
        if (!can('class', 'read-all')) one.whereIn('id', classesOf(trx, tenantId, await ownPeople(trx, caller)));
        return { row: found(await one, 'class'), members: await membersOf(trx, tenantId, id) };
      });
      return reply(200, presentClass(row, members, can('person', 'read-all')));
    },
  }),
];
