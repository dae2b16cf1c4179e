import { until } from '../../support/until.ts';
import type { SignedInAs } from '../../support/own-stack.ts';
import type { Person } from '../person.ts';
import type { Platform } from '../platform.ts';
import { acceptAndSignIn, type OwnAccount } from './account.ts';
import { askForCopy, backUpEverything, useThePlatform, workOn } from './everyday.ts';
import { onboardWith } from './school.ts';
import { signIn, type Staff } from './staff.ts';
import { failTalkatively, mailsTo, payAsThemselves, playOnRoblox } from './vendors.ts';

/** What is left of a life on the platform: ids, and who can act. */
export interface Life {
  readonly tenantId: string;
  readonly personId: string;
  readonly accountId: string;
  readonly staff: Staff;
  readonly admin: Staff;
}

/** What no roster says, entered by the school: every kind of personal data a record of a person has. */
const correctionsOf = (person: Person) => ({
  displayName: person.name,
  phone: person.phone,
  address: person.address,
  dateOfBirth: person.date_of_birth,
  governmentId: person.government_id,
  studentNumber: person.student_number,
  robloxUserId: person.roblox_user_id,
  location: person.location,
  billingIdentity: person.billing_identity,
  guardianContact: person.guardian_contact,
});

/** A person comes to the platform with a school, and uses it: all of it by the public API. */
export async function live(person: Person, platform: Platform, tell: (line: string) => void): Promise<Life> {
  const { up } = platform;
  const staff = await signIn(up.api.url, up.demo.email, up.demo.password);
  tell('A school comes to the platform, with the person in its roster.');
  const school: SignedInAs = await onboardWith(person, platform, staff);
  const { tenantId } = school;
  const admin = await signIn(up.api.url, school.login.email, school.login.password);
  tell('The person accepts their invitation and signs in.');
  const own: OwnAccount = await acceptAndSignIn(person, platform);
  const { personId, accountId } = own;
  tell('The school enters all it knows of them.');
  await admin.run('rectify-subject', { personId, corrections: correctionsOf(person) });
  tell('They use it; they pay for it; others work on their account; all is backed up.');
  await playOnRoblox(person, platform);
  await failTalkatively(person, platform);
  await payAsThemselves(person, platform, tenantId);
  await useThePlatform(person, own);
  await until(async () => (await mailsTo(person, platform)) === 2, 60_000, 250);
  await workOn(person, { admin, staff, tenantId });
  await askForCopy(own, admin);
  await backUpEverything(platform, staff);
  return { tenantId, personId, accountId, staff, admin };
}
