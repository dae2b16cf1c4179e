import { z } from 'zod';
import { planIds } from '../domain/plans.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { regions, slugPattern } from '../domain/tenant.ts';
import { defineProcess } from './support/define.ts';

const isTimeZone = (name: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};
const oneLine = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u;

export default defineProcess({
  name: 'onboard-school',
  title: 'Onboard a school',
  description:
    'Makes a school from nothing: its name, key, storage, subscription, roster, first administrator and invitations. A refusal comes before anything is made; a failure or a cancellation undoes all of it.',
  workflow: 'onboardSchool',
  input: z.strictObject({
    slug: z
      .string()
      .regex(slugPattern, '3 to 40 lower-case letters, digits and single hyphens, starting with a letter')
      .describe("The school's address in the platform.")
      .meta({ title: 'Address', examples: ['lincoln-high'] }),
    name: z
      .string()
      .trim()
      .min(1)
      .max(120)
      .regex(oneLine, 'one line of text')
      .describe('The name of the school, as people know it.')
      .meta({ title: 'Name' }),
    region: z.enum(regions).describe('Where its data live.').meta({ title: 'Region' }),
    // Any string: an unknown plan is refused by name (unknown-plan), with the plans there are.
    plan: z
      .string()
      .min(1)
      .max(40)
      .describe('The plan it subscribes to.')
      .meta({ title: 'Plan', examples: [...planIds] }),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'not an IANA time zone')
      .optional()
      .describe('IANA time zone; UTC when absent.')
      .meta({ title: 'Time zone' }),
    locale: z
      .string()
      .max(35)
      .regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'not a BCP 47 language tag')
      .optional()
      .describe('BCP 47 language; en when absent.')
      .meta({ title: 'Language' }),
    adminEmail: z
      .email()
      .max(254)
      .describe('Where the first administrator is invited.')
      .meta({ title: "Administrator's e-mail", pii: 'email' }),
    adminName: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(oneLine, 'one line of text')
      .describe("The first administrator's name, as they write it.")
      .meta({ title: "Administrator's name", pii: 'name' }),
    rosterUploadId: z
      .uuid()
      .optional()
      .describe('An uploaded roster (POST /v1/uploads): a zip of School Data Sync or OneRoster 1.1 CSV files.')
      .meta({ title: 'Roster' }),
    inviteStaff: z
      .boolean()
      .default(true)
      .describe('Whether the staff of the roster are invited by e-mail.')
      .meta({ title: 'Invite staff' }),
  }),
  permission: { object: 'school', action: 'onboard' },
  scope: 'platform',
  businessKey: ({ slug }) => slug,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
});
