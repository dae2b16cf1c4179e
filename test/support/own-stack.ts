import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient, type Run } from '../../cli/support/api-client.ts';
import { acceptAdminInvitation, type AdminLogin } from '../../cli/support/invitation.ts';
import type { StackFile } from '../../cli/support/stack-file.ts';
import type { StackDescription } from '../../stack/description.ts';
import { bareEnvironment } from '../../stack/environment.ts';
import { openHome } from '../../stack/home.ts';
import { startStack } from '../../stack/stack.ts';
import { until } from './until.ts';

/** The whole platform of one's own, in a folder that goes when it stops: for what would harm the one of `npm start`. */
export interface OwnStack {
  readonly description: StackDescription & StackFile;
  /** Of a program that the stack may have started again since. */
  pidOf(part: 'api' | 'worker'): number | undefined;
  stop(): Promise<void>;
}

/** Brings the platform up beside whatever else runs. @param env settings of the product beyond its defaults */
export async function startOwnStack(env: Readonly<Record<string, string>> = {}): Promise<OwnStack> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-own-'));
  chmodSync(folder, 0o711); // PostgreSQL runs as a user of its own where we are root
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const all = { ...bareEnvironment(process.env), ...env };
  const tell = (line: string): void => console.error(line);
  const stack = startStack({ home: openHome(folder), env: all, serversOnly: false, say: () => undefined, tell });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = async (): Promise<void> => {
    for (const signal of signals) process.off(signal, interrupted);
    await stack.stop();
    remove();
  };
  const interrupted = (): void => void stop().finally(() => process.exit(130));
  for (const signal of signals) process.once(signal, interrupted);
  try {
    const description = (await stack.up) as StackDescription & StackFile;
    const pidOf: OwnStack['pidOf'] = (part) => {
      const now = JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8')) as StackDescription;
      return now[part]?.pid;
    };
    return { description, pidOf, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface SignedInAs {
  readonly token: string;
  readonly tenantId: string;
  readonly login: AdminLogin;
}

async function signIn(url: string, email: string, password: string): Promise<string> {
  const answer = await createApiClient(url).call<{ accessToken: string }>('/v1/auth/token', { method: 'POST', body: { email, password } });
  return answer.accessToken;
}

/** The platform's own staff, with every permission of the platform. */
export const signInAsStaff = ({ api, demo }: StackFile): Promise<string> => signIn(api.url, demo.email, demo.password);

/** Onboards a school as an operator would, accepts its first admin's invitation, and signs in as that admin. */
export async function onboardSchool(stack: StackFile, slug: string, rosterUploadId?: string, inviteStaff = false): Promise<SignedInAs> {
  const staff = createApiClient(stack.api.url);
  await staff.signIn(stack.demo.email, stack.demo.password);
  const school = { slug, name: `School ${slug}`, plan: 'school', region: 'eu', inviteStaff };
  const admin = { adminEmail: `admin@${slug}.example`, adminName: 'Ada Admin' };
  const body = { ...school, ...admin, ...(rosterUploadId ? { rosterUploadId } : {}) };
  const { id } = await staff.call<Run>('/v1/processes/onboard-school/runs', { method: 'POST', body });
  const ended = async (): Promise<boolean> => (await staff.call<Run>(`/v1/runs/${id}`)).status !== 'running';
  await until(ended, 120_000);
  const login = await acceptAdminInvitation(stack, { slug });
  if (!login) throw new Error('The school was not onboarded: its admin has no invitation.');
  return { tenantId: id, login, token: await signIn(stack.api.url, login.email, login.password) };
}
