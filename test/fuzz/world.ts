import { createApiClient } from '../../cli/support/api-client.ts';
import type { Role } from '../../domain/roles.ts';
import { openDatabase, openKeyring } from '../../platform/database.ts';
import { createAccounts } from '../../platform/identity/accounts.ts';
import { newId } from '../../platform/ids.ts';
import { createKeyring } from '../../platform/keyring.ts';
import { createVault } from '../../platform/vault.ts';
import { onboardSchool, type OwnStack, signInAsStaff } from '../support/own-stack.ts';
import { small, zipOf } from '../support/roster.ts';

export const callers = ['nobody', 'student', 'admin', 'staff'] as const;
export type Who = (typeof callers)[number];

/** What the fuzz meets: a school with a roster, another one, and an account of each kind. */
export interface World {
  /** An access token that is new; '' of nobody. Tokens live a quarter of an hour. */
  token(who: Who): Promise<string>;
  /** Ids of what there is, by the list it is in: each caller tries those of the others too. */
  readonly ids: Readonly<Record<'tenants' | 'accounts' | 'people' | 'classes' | 'runs', readonly string[]>>;
  /** Of the first school and of its settings, for If-Match. */
  readonly versions: readonly number[];
  /** An account that is there to be signed in to, given a second factor and locked out. */
  readonly expendable: { readonly email: string; readonly password: string; readonly refreshToken: string };
}
interface Login {
  readonly email: string;
  readonly password: string;
}
interface NewLogin extends Login {
  readonly accountId: string;
}
type Description = OwnStack['description'];
interface Listed {
  readonly items: readonly { readonly id: string }[];
}

/** Accounts that no process makes yet: of students and guardians. Made as the product makes accounts, by the same engine. */
async function addAccounts({ postgres, keyring, vault }: Description, tenantId: string, roles: readonly Role[]): Promise<NewLogin[]> {
  const [main, ring] = [openDatabase(postgres.url, { poolMax: 2 }), openKeyring(keyring.url, { poolMax: 2 })];
  try {
    const keys = createKeyring({ knex: ring, vault: createVault({ address: vault.url, token: vault.token }) });
    const accounts = createAccounts({ main, keyring: keys });
    const made: NewLogin[] = [];
    for (const role of roles) {
      const login = { accountId: newId(), email: `${newId()}@fuzzed.example`, password: newId() };
      await accounts.createAccount({ ...login, login: login.email });
      await accounts.ensureMembership({ ...login, membershipId: newId(), tenantId, role });
      made.push(login);
    }
    return made;
  } finally {
    await Promise.all([main.destroy(), ring.destroy()]);
  }
}

/** Onboards two schools, the first with a small roster. @param name of the world, part of the schools' addresses */
export async function makeWorld(stack: Description, name: string): Promise<World> {
  const { url } = stack.api;
  const api = createApiClient(url);
  await api.signIn(stack.demo.email, stack.demo.password);
  const body = new Uint8Array(await zipOf(small.v2));
  const headers = { authorization: `Bearer ${await signInAsStaff(stack)}`, 'content-type': 'application/zip' };
  const upload = (await (await fetch(`${url}/v1/uploads`, { method: 'POST', body, headers })).json()) as { id: string };
  const school = await onboardSchool(stack, `${name}-one`, upload.id);
  const other = await onboardSchool(stack, `${name}-two`);
  const [student, expendable] = await addAccounts(stack, school.tenantId, ['student', 'guardian']);
  if (!student || !expendable) throw new Error('Two accounts were asked for.');

  const signIn = ({ email, password }: Login) =>
    api.call<{ accessToken: string; refreshToken: string }>('/v1/auth/token', { method: 'POST', body: { email, password } });
  const idsOf = async (path: string, token: string): Promise<string[]> => {
    const { items } = await api.call<Listed>(path, { headers: { authorization: `Bearer ${token}` } });
    return items.map(({ id }) => id);
  };
  const runs = [...(await idsOf('/v1/runs', await signInAsStaff(stack))), ...(await idsOf('/v1/runs', school.token))];
  const [people, classes] = await Promise.all([idsOf('/v1/people', school.token), idsOf('/v1/classes', school.token)]);
  const versionOf = async (path: string): Promise<number> => {
    const { headers } = await api.send(path, { headers: { authorization: `Bearer ${school.token}` } });
    return Number(headers.get('etag')?.replaceAll('"', ''));
  };
  const tokens: Record<Who, () => Promise<string>> = {
    nobody: async () => '',
    student: async () => (await signIn(student)).accessToken,
    admin: async () => (await signIn(school.login)).accessToken,
    staff: () => signInAsStaff(stack),
  };
  return {
    token: (who) => tokens[who](),
    ids: { tenants: [school.tenantId, other.tenantId], accounts: [expendable.accountId], people, classes, runs },
    versions: [await versionOf(`/v1/tenants/${school.tenantId}`), await versionOf(`/v1/tenants/${school.tenantId}/settings`)],
    expendable: { ...expendable, refreshToken: (await signIn(expendable)).refreshToken },
  };
}
