import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from '../../stack/home.ts';
import { StackError } from '../../stack/stack-error.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** Whoever keeps data in files of its own (OpenBao keeps its in the keyring). */
export const diskNames = ['postgres', 'keyring', 'temporal', 's3', 'redis'] as const;
export type DiskName = (typeof diskNames)[number];

const sizeKiB = 4 * 1024 * 1024;

export interface Disks {
  /** The same home, with each of these parts' data on a disk of its own. */
  readonly home: Home;
  /** Leaves not a byte free. */
  fill(name: DiskName): Promise<void>;
  free(name: DiskName): Promise<void>;
  unmount(): Promise<void>;
}

/**
 * A small disk in memory for each part that keeps data. One is filled by making it as small as what is on it: at once, and without
 * taking that memory. Throws StackError where we may not mount.
 */
export async function mountDisks(home: Home): Promise<Disks> {
  const mounted: string[] = [];
  const of = (name: string): string => join(home.dir, 'disks', name);
  const resize = (name: DiskName, kib: number): Promise<unknown> => run('mount', ['-o', `remount,size=${kib}k`, of(name)]);
  const unmount = async (): Promise<void> => {
    for (const place of mounted.splice(0)) await run('umount', [place]);
  };
  try {
    for (const name of diskNames) {
      mkdirSync(of(name), { recursive: true });
      await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=0711`, 'tmpfs', of(name)]);
      mounted.push(of(name));
    }
  } catch (error) {
    await unmount();
    throw new StackError('Full disks need the right to mount (root): run as root, or choose others with --only.', error);
  }
  chmodSync(join(home.dir, 'disks'), 0o711);
  const isOnDisk = (part: string): boolean => diskNames.some((name) => name === part);
  return {
    home: { ...home, data: (part) => (isOnDisk(part) ? join(of(part), 'data') : home.data(part)) },
    async fill(name) {
      // Refused when more has been written since it was measured. Nothing would mean no limit.
      await until(async () => {
        const { blocks, bfree, bsize } = statfsSync(of(name));
        const [resized] = await Promise.allSettled([resize(name, (Math.max(blocks - bfree, 1) * bsize) / 1024)]);
        return resized.status === 'fulfilled';
      });
    },
    free: async (name) => void (await resize(name, sizeKiB)),
    unmount,
  };
}
