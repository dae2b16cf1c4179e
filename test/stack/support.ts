import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome, type Home } from '../../stack/home.ts';
import { openMemory } from '../../stack/memory.ts';
import type { Context } from '../../stack/part.ts';
import { createPorts } from '../../stack/ports.ts';

/** Call in a `describe`: each of its tests gets a home of its own, gone afterwards. */
export function useHome(): { readonly home: Home; readonly context: Context } {
  const own = {} as { home: Home; context: Context };
  beforeEach(() => {
    own.home = openHome(mkdtempSync(join(tmpdir(), 'toolbox-stack-')));
    own.context = contextOf(own.home);
  });
  afterEach(() => rmSync(own.home.dir, { recursive: true, force: true }));
  return own;
}

export function contextOf(home: Home, env: NodeJS.ProcessEnv = process.env): Context {
  const memory = openMemory(home);
  return { home, memory, ports: createPorts(memory), env, test: true, signal: new AbortController().signal, say: () => undefined };
}
