import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Whom to run a program as that refuses to run as root: `postgres` where there is one, else `nobody`. Undefined when we are not root. */
export function unprivilegedUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => users.find(([known]) => known === name)).find((user) => user !== undefined);
  return found && { name: String(found[0]), uid: Number(found[2]), gid: Number(found[3]) };
}

/** The first folder on the way to `path` that the user may not pass, or undefined when all are open. */
export function closedFolder(path: string, user: SystemUser): string | undefined {
  const above = dirname(path) === path ? undefined : closedFolder(dirname(path), user);
  return above ?? (mayPass(path, user) ? undefined : path);
}

function mayPass(path: string, { uid, gid }: SystemUser): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return true;
  const bit = stats.uid === uid ? 0o100 : stats.gid === gid ? 0o010 : 0o001;
  return (stats.mode & bit) !== 0;
}
