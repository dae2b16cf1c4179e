import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readJsonFile, writePrivateFile, type Home } from './home.ts';
import { StackError } from './stack-error.ts';

interface Remembered {
  secrets: Record<string, string>;
  ports: Record<string, number>;
}

/** What must be the same at the next start: secrets and ports. In one file, readable by its owner only. */
export interface Memory {
  /** Makes it at first use: 48 hex digits, or what `make` gives. */
  secret(name: string, make?: () => string): string;
  recall(name: string): string | undefined;
  keep(name: string, secret: string): void;
  forget(name: string): void;
  port(name: string): number | undefined;
  keepPort(name: string, port: number): void;
}

/** Throws StackError when the file is damaged. */
export function openMemory(home: Home): Memory {
  const file = join(home.dir, 'secrets.json');
  const state = read(file);
  const save = (): void => writePrivateFile(file, JSON.stringify(state, null, 2));
  const keep = (name: string, secret: string): void => {
    state.secrets[name] = secret;
    save();
  };
  return {
    secret(name, make = () => randomBytes(24).toString('hex')) {
      const known = state.secrets[name] ?? make();
      if (!(name in state.secrets)) keep(name, known);
      return known;
    },
    recall: (name) => state.secrets[name],
    keep,
    forget(name) {
      delete state.secrets[name];
      save();
    },
    port: (name) => state.ports[name],
    keepPort(name, port) {
      state.ports[name] = port;
      save();
    },
  };
}

function read(file: string): Remembered {
  try {
    return (readJsonFile(file) as Remembered | undefined) ?? { secrets: {}, ports: {} };
  } catch (error) {
    throw new StackError(`${file} is damaged: restore it, or delete the folder it is in to start over without data.`, error);
  }
}
