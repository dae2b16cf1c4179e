import { z } from 'zod';
import { Person } from '../../platform/models/person.ts';
import { openRow, type Sealer } from '../../platform/pii.ts';

const base = {
  id: z.uuid(),
  displayName: z.string().nullable().describe('null when the person was erased or the roster gave no name'),
  roles: z.array(z.string()),
  status: z.string(),
  grade: z.string().nullable(),
  restricted: z.boolean().describe('Its use is restricted (GDPR Art. 18): shown to the person and their guardians alone'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};
export const PersonSummary = z.object(base).meta({ id: 'PersonSummary' });

const Contact = z.object({
  givenName: z.string().nullable(),
  middleName: z.string().nullable(),
  familyName: z.string().nullable(),
  username: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  studentNumber: z.string().nullable(),
  dateOfBirth: z.string().nullable(),
});
export const PersonResource = z
  .object({
    ...base,
    locale: z.string().nullable(),
    source: z.string(),
    contact: Contact.nullable().describe('null where the caller may not see it'),
    actions: z.array(z.enum(['read-contact'])),
  })
  .meta({ id: 'Person' });

const { display_name, given_name, middle_name, family_name, username, email, phone, student_number, date_of_birth } = Person.pii;
const contactColumns = { given_name, middle_name, family_name, username, email, phone, student_number, date_of_birth };

const placeOf = ({ id, tenant_id }: Person) => ({ table: Person.tableName, tenantId: tenant_id, subjectId: id, rowId: id });

/** A person whose key is gone keeps the row and loses the name. */
export function presentPersonSummary(person: Person, sealer: Sealer, own: boolean): z.input<typeof PersonSummary> {
  const { id, roles, status, grade } = person;
  const restricted = person.restricted_by !== null;
  const opened = sealer.has(id) && (own || !restricted) ? openRow(sealer, { display_name }, placeOf(person), person) : {};
  const times = { createdAt: person.created_at.toISOString(), updatedAt: person.updated_at.toISOString() };
  return { id, displayName: opened.display_name ?? null, roles, status, grade, restricted, ...times };
}

export function presentPerson(person: Person, sealer: Sealer, own: boolean, mayReadContact: boolean): z.input<typeof PersonResource> {
  const { locale, source } = person;
  const contact = mayReadContact && sealer.has(person.id) ? presentContact(person, sealer) : null;
  return { ...presentPersonSummary(person, sealer, own), locale, source, contact, actions: mayReadContact ? ['read-contact'] : [] };
}

function presentContact(person: Person, sealer: Sealer): z.input<typeof Contact> {
  const opened = openRow(sealer, contactColumns, placeOf(person), person);
  return {
    givenName: opened.given_name ?? null,
    middleName: opened.middle_name ?? null,
    familyName: opened.family_name ?? null,
    username: opened.username ?? null,
    email: opened.email ?? null,
    phone: opened.phone ?? null,
    studentNumber: opened.student_number ?? null,
    dateOfBirth: opened.date_of_birth ?? null,
  };
}
