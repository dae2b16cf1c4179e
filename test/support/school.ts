import type { Knex } from 'knex';
import { platformRoles, platformTenantId, tenantRoles, type Role } from '../../domain/roles.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import type { Identity } from '../../platform/identity.ts';
import { newId } from '../../platform/ids.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { Class, Enrollment } from '../../platform/models/class.ts';
import { Guardianship } from '../../platform/models/guardianship.ts';
import { Person } from '../../platform/models/person.ts';
import { Tenant, TenantSettings } from '../../platform/models/tenant.ts';
import { sealRow } from '../../platform/pii.ts';
import type { Vault } from '../../platform/vault.ts';

export interface Parts {
  readonly main: Knex;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly identity: Identity;
}
export interface Member {
  readonly role: Role;
  readonly tenantId: string;
  readonly accountId: string;
  readonly personId?: string;
  readonly login: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}
export interface School {
  readonly id: string;
  readonly slug: string;
  /** One account for each role of a school. The guardian's child is the student, who is in the class with the teacher. */
  readonly members: Readonly<Record<string, Member>>;
  readonly classId: string;
  /** A student nobody else has to do with. */
  readonly strangerId: string;
}
export const password = 'correct horse battery staple';

/** A person of a school with a sealed name and address. Returns the id. */
export async function addPerson(
  { main, keyring }: Parts,
  tenantId: string,
  plain: { display_name: string; email?: string; username?: string; roblox_user_id?: string; guardian_contact?: string },
  roles: string[],
): Promise<string> {
  const id = newId();
  await keyring.createSubjectKeys(tenantId, [id]);
  const sealer = await keyring.sealer(tenantId, [id]);
  const sealed = sealRow(sealer, Person.pii, { table: Person.tableName, tenantId, subjectId: id, rowId: id }, plain);
  await inTenant(main, tenantId, async (trx) => Person.query(trx).insert({ id, tenant_id: tenantId, source: 'test', roles, ...sealed }));
  return id;
}

/** An account with a membership, signed in. */
export async function addMember({ identity }: Parts, tenantId: string, role: Role, personId?: string): Promise<Member> {
  const accountId = newId();
  const login = `${role}.${accountId.slice(-12)}@example.com`;
  await identity.createAccount({ accountId, login, password });
  await identity.ensureMembership({ membershipId: newId(), tenantId, accountId, role, personId });
  const { accessToken, refreshToken } = await identity.signIn({ login, password, tenant: tenantId });
  return { role, tenantId, accountId, login, password, accessToken, refreshToken, ...(personId ? { personId } : {}) };
}

async function addRoster(parts: Parts, tenantId: string, members: Readonly<Record<string, Member>>): Promise<string> {
  const classId = newId();
  const idOf = (role: Role): string => members[role]?.personId ?? '';
  await inTenant(parts.main, tenantId, async (trx) => {
    await Class.query(trx).insert({ id: classId, tenant_id: tenantId, source_id: 'class-1', title: 'Algebra' });
    for (const role of ['teacher', 'student'] as const) {
      await Enrollment.query(trx).insert({ tenant_id: tenantId, class_id: classId, person_id: idOf(role), role });
    }
    const tie = { guardian_id: idOf('guardian'), child_id: idOf('student'), relationship: 'parent' };
    await Guardianship.query(trx).insert({ tenant_id: tenantId, ...tie });
  });
  return classId;
}

/** An active school with its key and its settings, and nobody in it. Returns the id. */
export async function makeTenant({ main, vault }: Pick<Parts, 'main' | 'vault'>, slug: string): Promise<string> {
  const id = newId();
  await vault.createTenantKey(id);
  await inPlatform(main, async (trx) =>
    Tenant.query(trx).insert({ id, slug, name: `School ${slug}`, region: 'eu', plan: 'school', status: 'active' }),
  );
  await inTenant(main, id, async (trx) => TenantSettings.query(trx).insert({ tenant_id: id }));
  return id;
}

/** An active school with its key, its settings, a member for each role, a class and a family. */
export async function makeSchool(parts: Parts, slug: string): Promise<School> {
  const id = await makeTenant(parts, slug);
  const joined = await Promise.all(
    tenantRoles.map(async (role) => {
      const personId = await addPerson(parts, id, { display_name: `${role} of ${slug}`, email: `${role}@${slug}.example` }, [role]);
      return addMember(parts, id, role, personId);
    }),
  );
  const members = Object.fromEntries(joined.map((member) => [member.role, member]));
  const strangerId = await addPerson(parts, id, { display_name: `stranger of ${slug}`, email: `stranger@${slug}.example` }, ['student']);
  return { id, slug, members, classId: await addRoster(parts, id, members), strangerId };
}

/** One signed-in account for each role of the platform. */
export async function makeStaff(parts: Parts): Promise<Readonly<Record<string, Member>>> {
  const staff = await Promise.all(platformRoles.map((role) => addMember(parts, platformTenantId, role)));
  return Object.fromEntries(staff.map((member) => [member.role, member]));
}
