import { z } from 'zod';
import type { PiiType } from '../domain/pii.ts';
import type { RectifiableField } from '../domain/privacy/rectifiable.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

const corrected = (kind: PiiType, title: string, of: z.ZodString | z.ZodEmail | z.ZodISODate) =>
  of.nullable().optional().meta({ title, pii: kind });
const words = (most: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    // oxlint-disable-next-line no-control-regex -- they are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'It holds control characters.');

const fields = {
  displayName: corrected('name', 'Display name', words(200)),
  givenName: corrected('name', 'Given name', words(200)),
  middleName: corrected('name', 'Middle name', words(200)),
  familyName: corrected('name', 'Family name', words(200)),
  username: corrected('name', 'User name', words(200)),
  email: corrected('email', 'E-mail address', z.email().max(320)),
  phone: corrected('phone', 'Phone', z.string().regex(/^\+?[0-9][0-9 ()./-]{3,30}$/, 'It is no phone number.')),
  address: corrected('address', 'Address', words(500)),
  dateOfBirth: corrected('date_of_birth', 'Date of birth', z.iso.date()),
  governmentId: corrected('government_id', 'Government id', words(100)),
  studentNumber: corrected('student_number', 'Student number', words(100)),
  robloxUserId: corrected('roblox_user_id', 'Roblox user id', z.string().regex(/^[1-9]\d{0,18}$/, 'It is no user id of Roblox.')),
  location: corrected('location', 'Location', words(200)),
  billingIdentity: corrected('billing_identity', 'Billing identity', words(200)),
  guardianContact: corrected('guardian_contact', 'Guardian contact', words(500)),
} satisfies Record<RectifiableField, z.ZodType>;

export default defineProcess({
  name: 'rectify-subject',
  title: 'Correct a person’s data',
  description:
    'Corrects what is kept of a person (GDPR Art. 16), wherever it is kept. What was corrected is not overwritten by a roster that still has it wrong. A correction that is not right is corrected again: nothing is taken back.',
  workflow: 'rectifySubject',
  input: z.strictObject({
    personId: z.uuid().meta({ title: 'Person' }),
    corrections: z
      .strictObject(fields)
      .refine((given) => Object.values(given).some((value) => value !== undefined), 'Correct something.')
      .meta({ title: 'New values; null removes one' }),
  }),
  permission: { object: 'person', action: 'rectify' },
  scope: 'tenant',
  staffToo: true,
  businessKey: ({ personId }) => personId,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
});
