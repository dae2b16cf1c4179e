import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bareEnvironment } from '../environment.ts';
import type { Context } from '../part.ts';
import { StackError } from '../stack-error.ts';
import { closedFolder, type SystemUser } from '../system-user.ts';

const run = promisify(execFile);

/**
 * Makes a cluster's data directory, unless it is there. It is made beside its place and moved there when it is whole:
 * what a killed initdb left never held data and is made anew. Throws StackError on a directory that is no cluster.
 */
export async function initCluster(name: string, context: Context, programs: string, user: SystemUser | undefined): Promise<string> {
  const { home, memory, test, say } = context;
  const data = home.data(name);
  const draft = `${data}.new`;
  refuseClosedFolder(data, user);
  rmSync(draft, { recursive: true, force: true });
  if (existsSync(join(data, 'PG_VERSION'))) {
    if (memory.recall(`${name}.postgres`) === undefined)
      throw new StackError(
        `${data} has data, but ${home.dir}/secrets.json has lost its password: restore that file, or delete both to start over.`,
      );
    return data;
  }
  if (existsSync(data) && readdirSync(data).length > 0)
    throw new StackError(
      `${data} is half a PostgreSQL data directory (no PG_VERSION): restore it, or delete it to start over without data.`,
    );
  say(name, 'making its data directory');
  const password = `${draft}.password`;
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(password, memory.secret(`${name}.postgres`), { mode: 0o600 });
  for (const path of user ? [draft, password] : []) chownSync(path, Number(user?.uid), Number(user?.gid));
  try {
    const args = ['-D', draft, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${password}`, '-E', 'UTF8', '--locale=C.UTF-8'];
    await run(join(programs, 'initdb'), [...args, ...(test ? ['--no-sync'] : [])], {
      env: bareEnvironment(context.env),
      cwd: '/',
      ...user,
    });
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new StackError(`initdb failed for ${data}: ${(stderr || message).trim().split('\n').at(-1)}`, error);
  } finally {
    rmSync(password, { force: true });
  }
  rmSync(data, { recursive: true, force: true });
  renameSync(draft, data);
  return data;
}

function refuseClosedFolder(data: string, user: SystemUser | undefined): void {
  const closed = user && closedFolder(join(data, '..'), user);
  if (user && closed !== undefined)
    throw new StackError(
      `PostgreSQL does not run as root, and user ${user.name} may not enter ${closed}: set TOOLBOX_HOME to a folder it can reach (e.g. /var/lib/toolbox).`,
    );
}
