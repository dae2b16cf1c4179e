import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Memory } from './memory.ts';
import { StackError } from './stack-error.ts';

/** Below the range from which systems take the ports of outgoing connections, so that a remembered port stays free. */
const range = { from: 21_000, size: 9_000 };

export interface PortWish {
  /** Taken when it is free and nothing is remembered. */
  readonly preferred?: number;
  /** Demanded by the environment: taken, or the start is refused. */
  readonly explicit?: { readonly variable: string; readonly port: number };
}

/** The port a variable demands, if it is set. Throws StackError when it is none. */
export function explicitPort(env: NodeJS.ProcessEnv, variable: string): Pick<PortWish, 'explicit'> {
  const text = env[variable];
  if (!text) return {};
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new StackError(`${variable} must be a port between 1 and 65535.`);
  return { explicit: { variable, port } };
}

export interface Ports {
  /** The same port at every start as long as it is free. Throws StackError when a demanded port is in use. */
  choose(name: string, wish?: PortWish): Promise<number>;
}

export async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
    return true;
  } catch {
    // Whatever the reason, this port is not for us.
    return false;
  } finally {
    probe.close();
  }
}

export function createPorts(memory: Memory): Ports {
  const given = new Set<number>();
  const take = async (port: number | undefined): Promise<boolean> => {
    if (port === undefined || given.has(port)) return false;
    // Before the probe: parts choose at the same time.
    given.add(port);
    if (await isFree(port)) return true;
    given.delete(port);
    return false;
  };
  return {
    async choose(name, { preferred, explicit } = {}) {
      if (explicit) {
        if (await take(explicit.port)) return explicit.port;
        throw new StackError(`Port ${explicit.port} (${explicit.variable}) is in use: free it or choose another.`);
      }
      for (const port of candidates(memory.port(name), preferred)) {
        if (!(await take(port))) continue;
        memory.keepPort(name, port);
        return port;
      }
      throw new StackError(`No free port between ${range.from} and ${range.from + range.size} on 127.0.0.1.`);
    },
  };
}

function* candidates(remembered: number | undefined, preferred: number | undefined): Generator<number> {
  if (remembered !== undefined) yield remembered;
  if (preferred !== undefined) yield preferred;
  const start = Math.floor(Math.random() * range.size);
  for (let step = 0; step < range.size; step += 1) yield range.from + ((start + step) % range.size);
}
