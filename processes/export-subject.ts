import { z } from 'zod';
import { isAgeRecipient } from '../domain/privacy/age-recipient.ts';
import { exportFormats } from '../domain/privacy/export.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

const publicKey = z
  .string()
  .trim()
  .max(200)
  .refine(isAgeRecipient, 'It is no public key of age (age1 and 58 characters; the secret one stays with the person), or it was mistyped.')
  .meta({ examples: ['age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj'] });

export default defineProcess({
  name: 'export-subject',
  title: 'Export a person’s data',
  description:
    'Makes a package of all that the platform holds of a person, sealed to the person’s public key or to a passphrase that is shown once. Data of others is left out. The package can be fetched until it expires.',
  workflow: 'exportSubject',
  input: z.strictObject({
    personId: z.uuid().describe('Whose data it is.').meta({ title: 'Person' }),
    format: z
      .array(z.enum(exportFormats))
      .min(1)
      .max(exportFormats.length)
      .refine((formats) => new Set(formats).size === formats.length, 'each once')
      .default([...exportFormats])
      .describe('JSON keeps the types, CSV opens in a spreadsheet.')
      .meta({ title: 'Formats', examples: [['json', 'csv']] }),
    recipient: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('public-key'), key: publicKey }),
        z.strictObject({ kind: z.literal('passphrase') }),
      ])
      .describe('A public key of age that the person gave, or a passphrase, which the platform makes.')
      .meta({ title: 'Sealed to', examples: [{ kind: 'passphrase' }] }),
    expiresInDays: z.int().min(1).max(30).default(7).describe('How long the package can be fetched.').meta({ title: 'Days' }),
  }),
  permission: { object: 'privacy-export', action: 'create' },
  scope: 'tenant',
  // One at a time a person.
  businessKey: ({ personId }) => personId,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
  // Whose data it is has a right to it whatever the school owes.
  paying: true,
});
