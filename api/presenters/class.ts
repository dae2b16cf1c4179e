import { z } from 'zod';
import type { Class } from '../../platform/models/class.ts';

export const ClassSummary = z
  .object({
    id: z.uuid(),
    sourceId: z.string().describe("The school's own id of the class"),
    title: z.string(),
    subject: z.string().nullable(),
    status: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'ClassSummary' });

export const ClassResource = ClassSummary.extend({
  orgUnitId: z.uuid().nullable(),
  members: z.record(z.string(), z.number().int()).describe('How many people are in the class now, by role'),
  actions: z.array(z.enum(['list-people'])),
}).meta({ id: 'Class' });

export function presentClassSummary({
  id,
  source_id,
  title,
  subject,
  status,
  created_at,
  updated_at,
}: Class): z.input<typeof ClassSummary> {
  return { id, sourceId: source_id, title, subject, status, createdAt: created_at.toISOString(), updatedAt: updated_at.toISOString() };
}

/** `members` counts the people of the class by their role in it. */
export function presentClass(of: Class, members: Readonly<Record<string, number>>, mayListPeople: boolean): z.input<typeof ClassResource> {
  return { ...presentClassSummary(of), orgUnitId: of.org_unit_id, members, actions: mayListPeople ? ['list-people'] : [] };
}
