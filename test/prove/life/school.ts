import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCsvFiles } from '../../../cli/support/generate-school.ts';
import { oneRosterFiles } from '../../../cli/support/one-roster-files.ts';
import { planSchool } from '../../../cli/support/plan-school.ts';
import { zipFolder } from '../../../cli/support/zip-folder.ts';
import { onboardSchool, type SignedInAs } from '../../support/own-stack.ts';
import { givenName, type Person } from '../person.ts';
import type { Platform } from '../platform.ts';
import type { Staff } from './staff.ts';

const users = 60;

/** A roster (OneRoster 1.1) of an invented school in which the person teaches. */
async function rosterWith(person: Person, scratch: string): Promise<string> {
  const plan = planSchool(users, 1);
  const teacher: typeof plan.teacher = (number) => {
    const invented = plan.teacher(number);
    return number === 0 ? { ...invented, givenName, familyName: person.familyName, email: person.email } : invented;
  };
  const folder = join(scratch, 'roster');
  await writeCsvFiles(oneRosterFiles({ ...plan, teacher }), folder);
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
