import { z } from 'zod';
import { redacted } from '../../../domain/privacy/export.ts';
import { inTenant } from '../../database.ts';
import { Person } from '../../models/person.ts';
import { openRow } from '../../pii.ts';
import { at, type Collector, recordKind, time } from '../collector.ts';

/** `display_name` -> `displayName`. */
const camel = (column: string): string => column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const columns = Object.entries(Person.pii);
/** Who can be reached about a child is somebody else. */
const ofOthers: ReadonlySet<string> = new Set(columns.filter(([, type]) => type === 'guardian_contact').map(([column]) => column));

const own = Object.fromEntries(columns.map(([column, type]) => [camel(column), z.string().nullable().describe(type)]));

export const person: Collector = {
  place: 'people',
  tables: ['people'],
  kinds: [
    recordKind({
      name: 'person',
      title: 'You, as the school knows you',
      about: 'What the school has entered about you. The contact of a guardian is somebody else’s and left out.',
      schema: z.object({
        id: z.uuid(),
        status: z.string(),
        source: z.string().describe('Where the school’s knowledge comes from'),
        roles: z.array(z.string()),
        grade: z.string().nullable(),
        locale: z.string().nullable(),
        ...own,
        createdAt: time,
        updatedAt: time,
      }),
      async *read({ knex, keyring, subject: { tenantId, personId: id } }) {
        const row = await inTenant(knex, tenantId, async (trx) => Person.query(trx).findOne({ tenant_id: tenantId, id }).throwIfNotFound());
        const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
        const opened = Object.entries(openRow(await keyring.sealer(tenantId, [id]), Person.pii, place, row));
        const shown = opened.map(([column, value]) => [camel(column), value !== null && ofOthers.has(column) ? redacted : value]);
        const { status, source, roles, grade, locale } = row;
        yield {
          id,
          status,
          source,
          roles,
          grade,
          locale,
          ...(Object.fromEntries(shown) as Record<string, string | null>),
          createdAt: at(row.created_at),
          updatedAt: at(row.updated_at),
        };
      },
    }),
  ],
};
