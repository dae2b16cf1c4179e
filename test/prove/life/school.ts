import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCsvFiles } from '../../../cli/support/generate-school.ts';
import type { Cells, CsvFiles } from '../../../cli/support/csv-files.ts';
import { oneRosterFiles } from '../../../cli/support/one-roster-files.ts';
import { planSchool } from '../../../cli/support/plan-school.ts';
import { zipFolder } from '../../../cli/support/zip-folder.ts';
import { onboardSchool, type SignedInAs } from '../../support/own-stack.ts';
import { givenName, type Person } from '../person.ts';
import type { Platform } from '../platform.ts';
import type { Staff } from './staff.ts';

const users = 60;

/** What people type in the wrong column, and imports refuse: the person's data in rows that make no sense. */
function refusedRows(person: Person, files: CsvFiles): CsvFiles {
  const withRow = (name: string, row: Cells): CsvFiles => ({ [name]: () => [...(files[name]?.() ?? []), row] });
  const { email, name, phone, address } = person;
  return {
    ...withRow('users.csv', [
      'R1',
      '',
      '',
      'true',
      'D1',
      name,
      email,
      phone,
      name,
      name,
      address,
      phone,
      email,
      phone,
      phone,
      email,
      name,
      name,
    ]),
    ...withRow('demographics.csv', ['R2', '', '', name, email]),
    ...withRow('enrollments.csv', [email, '', '', phone, name, email, name, address, phone, name]),
  };
}

/** A roster (OneRoster 1.1) of an invented school in which the person teaches. */
async function rosterWith(person: Person, scratch: string): Promise<string> {
  const plan = planSchool(users, 1);
  const teacher: typeof plan.teacher = (number) => {
    const invented = plan.teacher(number);
    return number === 0 ? { ...invented, givenName, familyName: person.familyName, email: person.email } : invented;
  };
  const folder = join(scratch, 'roster');
  const files = oneRosterFiles({ ...plan, teacher });
  await writeCsvFiles({ ...files, ...refusedRows(person, files) }, folder);
  const zip = join(scratch, 'roster.zip');
  await zipFolder(folder, zip);
  return zip;
}

/** Brings a school to the platform in whose roster the person is; its staff are invited. */
export async function onboardWith(person: Person, { up }: Platform, staff: Staff): Promise<SignedInAs> {
  // The school's own disk, not the platform's: it is gone before anything is searched.
  const scratch = mkdtempSync(join(tmpdir(), 'toolbox-roster-'));
  try {
    const zip = await rosterWith(person, scratch);
    const headers = { 'content-type': 'application/zip', 'content-length': String(statSync(zip).size) };
    const { id } = await staff.api.call<{ id: string }>('/v1/uploads', { method: 'POST', stream: createReadStream(zip), headers });
    return await onboardSchool(up, `marked-${Date.now().toString(36)}`, id, true);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
