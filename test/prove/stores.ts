import { join } from 'node:path';
import type { Temporal } from '../../platform/temporal.ts';
import type { StackDescription } from '../../stack/description.ts';
import { vendorNames } from '../../stack/parts/sandbox.ts';
import type { Home } from '../../stack/home.ts';
import { backupFolder, backupsOf } from './backups.ts';
import { filesBelow, searchFiles } from './files.ts';
import { type Found, type Marks, searchStream } from './search.ts';
import { listingOfVault } from './vault-view.ts';
import { historiesOf, keysOfRedis, objectsOf, rowsOfCluster, type View } from './views.ts';

/** Where the platform keeps things: what of the home's files is its, and what it says when it is asked. */
export interface Store {
  readonly name: string;
  /** Folders of the home. */
  readonly folders: readonly string[];
  readonly view?: View;
}
export interface Stored {
  readonly home: Pick<Home, 'dir'>;
  readonly up: StackDescription;
  readonly temporal: Temporal;
  readonly opened: (workflowId: string, runId: string) => Promise<unknown>;
}

/** Every store of the embedded stack. The rest of the home is searched as `everything else`. OpenBao's own storage is in the keyring's cluster. */
export const storesOf = ({ home, up, temporal, opened }: Stored): Store[] => [
  { name: 'PostgreSQL (main)', folders: ['data/postgres'], view: rowsOfCluster(String(up.postgres.adminUrl)) },
  { name: 'PostgreSQL (keyring)', folders: ['data/keyring'], view: rowsOfCluster(String(up.keyring.adminUrl)) },
  { name: 'Temporal', folders: ['data/temporal'], view: historiesOf(temporal, opened) },
  { name: 'Redis', folders: ['data/redis'], view: keysOfRedis(up.redis.url) },
  { name: 'object storage', folders: ['data/s3'], view: objectsOf(up.s3) },
  { name: 'OpenBao', folders: ['data/vault'], view: listingOfVault(up.vault) },
  { name: 'backups', folders: [backupFolder], view: backupsOf(home, up.s3) },
  { name: 'logs', folders: ['logs'] },
];
/** What stand-ins for vendors keep is the vendors', who are asked themselves. */
const notOurs = vendorNames.map((vendor) => join('data', vendor));

/** Asks each store while it runs. */
export async function searchViews(stores: readonly Store[], marks: Marks): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (const { name, view } of stores) if (view) found.set(name, await searchStream(`${name}, asked`, view(), marks));
  return found;
}

/** Reads the bytes of every file below the home, by store. */
export async function searchRaw({ dir }: Pick<Home, 'dir'>, stores: readonly Store[], marks: Marks): Promise<ReadonlyMap<string, Found>> {
  const within = (file: string, folders: readonly string[]): boolean => folders.some((folder) => file.startsWith(`${join(dir, folder)}/`));
  const files = filesBelow(dir).filter((file) => !within(file, notOurs));
  const found = new Map<string, Found>();
  for (const { name, folders } of stores)
    found.set(
      name,
      await searchFiles(
        files.filter((file) => within(file, folders)),
        marks,
      ),
    );
  const named = stores.flatMap(({ folders }) => folders);
  found.set(
    'everything else',
    await searchFiles(
      files.filter((file) => !within(file, named)),
      marks,
    ),
  );
  return found;
}
