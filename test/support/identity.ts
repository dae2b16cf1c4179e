import { Redis } from 'ioredis';
import type { Role } from '../../domain/roles.ts';
import type { TenantStatus } from '../../domain/tenant.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { createIdentity, type Identity } from '../../platform/identity.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { Person } from '../../platform/models/person.ts';
import { sealRow } from '../../platform/pii.ts';
import { createTokens, type Tokens } from '../../platform/tokens.ts';
import { type Databases, useDatabases } from './database.ts';
import { servers } from './servers.ts';
import { type TestVault, useVault } from './vault.ts';

export interface TestIdentity {
  readonly databases: Databases;
  readonly test: TestVault;
  readonly identity: Identity;
  readonly keyring: Keyring;
  readonly tokens: Tokens;
  readonly redis: Redis;
  /** What the engine takes for now; tests move it. */
  now: Date;
}

/** Call in a `describe`: the identity engine on databases of its own, the real vault and Redis, with a clock that the suite moves. */
export function useIdentity(): TestIdentity {
  const databases = useDatabases();
  const test = useVault();
  const it = { databases, test, now: new Date() } as TestIdentity;
  before(() => {
    const redis = new Redis(servers().redis.url);
    const clock = (): Date => it.now;
    const keyring = createKeyring({ knex: databases.keyring, vault: test.vault });
    const tokens = createTokens({ vault: test.vault, issuer: 'https://toolbox.test', audience: 'toolbox-api', clock });
    const identity = createIdentity({ main: databases.main, keyring, vault: test.vault, tokens, redis, clock, mfaRequired: false });
    Object.assign(it, { redis, keyring, tokens, identity });
  });
  beforeEach(() => {
    it.now = new Date();
  });
  after(() => it.redis.disconnect());
  return it;
}

/** Rows as a school and its people have them, made through the app's own role and keys. */
export function createSchools({ databases, test, keyring, identity }: Pick<TestIdentity, 'databases' | 'test' | 'keyring' | 'identity'>) {
  const { main } = databases;
  const newTenant = async (status: TenantStatus = 'active'): Promise<{ tenantId: string; slug: string }> => {
    const tenantId = newId();
    const slug = `school-${tenantId.slice(-12)}`;
    const row = { id: tenantId, slug, name: 'A School', region: 'eu', plan: 'school', status };
    await inPlatform(main, (trx) => trx('tenants').insert(row));
    await inTenant(main, tenantId, (trx) => trx('tenant_settings').insert({ tenant_id: tenantId }));
    await test.vault.createTenantKey(tenantId);
    return { tenantId, slug };
  };
  /** A person with their own key; what is given of them is sealed. */
  const newPerson = async (tenantId: string, plain: { email?: string; username?: string; display_name?: string }): Promise<string> => {
    const id = newId();
    await keyring.createSubjectKeys(tenantId, [id]);
    const sealed = sealRow(
      await keyring.sealer(tenantId, [id]),
      Person.pii,
      { table: 'people', tenantId, subjectId: id, rowId: id },
      plain,
    );
    await inTenant(main, tenantId, (trx) => trx('people').insert({ id, tenant_id: tenantId, source: 'test', ...sealed }));
    return id;
  };
  const newInvitation = async (
    tenantId: string,
    personId: string,
    changes: object = {},
  ): Promise<{ invitationId: string; token: string }> => {
    const invitationId = newId();
    const expires_at = new Date(Date.now() + 14 * 86_400_000);
    const row = { id: invitationId, tenant_id: tenantId, person_id: personId, role: 'teacher', expires_at, ...changes };
    await inTenant(main, tenantId, (trx) => trx('invitations').insert(row));
    return { invitationId, token: await identity.invitationToken({ tenantId, invitationId }) };
  };
  /** An account with one membership. */
  const newMember = async (tenantId: string, role: Role, login = `${newId()}@example.org`): Promise<NewMember> => {
    const ids = { accountId: newId(), membershipId: newId() };
    await identity.createAccount({ accountId: ids.accountId, login, password: testPassword });
    await identity.ensureMembership({ ...ids, tenantId, role });
    return { ...ids, tenantId, login, password: testPassword };
  };
  return { newTenant, newPerson, newInvitation, newMember };
}
export const testPassword = 'correct horse battery staple';
export interface NewMember {
  readonly accountId: string;
  readonly membershipId: string;
  readonly tenantId: string;
  readonly login: string;
  readonly password: string;
}
