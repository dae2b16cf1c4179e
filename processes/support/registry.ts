import { readdirSync } from 'node:fs';
import { z } from 'zod';
import type { Process } from './define.ts';

export interface Processes {
  readonly all: readonly Process[];
  find(name: string): Process | undefined;
}

const folder = new URL('../', import.meta.url);

/**
 * Reads the folder processes/: each file default-exports one `defineProcess(...)`. Works from source and from dist.
 * Throws naming the file when one is no process, is not named after its file, or takes another's name.
 */
export async function loadProcesses(from: URL = folder): Promise<Processes> {
  const files = readdirSync(from).filter((file) => /^[^.]+\.(ts|js)$/.test(file));
  const all = await Promise.all(files.sort().map((file) => load(new URL(file, from), file)));
  return registryOf(all);
}

export function registryOf(all: readonly Process[]): Processes {
  const byName = new Map<string, Process>();
  for (const process of all) {
    if (byName.has(process.name)) throw new Error(`There are two processes named '${process.name}'.`);
    byName.set(process.name, process);
  }
  return { all, find: (name) => byName.get(name) };
}

async function load(url: URL, file: string): Promise<Process> {
  const { default: process } = (await import(url.href)) as { default?: Partial<Process> };
  if (!process || !(process.input instanceof z.ZodObject) || typeof process.workflow !== 'string') {
    throw new Error(`processes/${file} does not default-export defineProcess({...}).`);
  }
  if (process.name !== file.replace(/\.(ts|js)$/, ''))
    throw new Error(`processes/${file} declares the process '${process.name}': name one after the other.`);
  return process as Process;
}
