import { spawnLogged } from '../../../stack/child.ts';
import { bareEnvironment } from '../../../stack/environment.ts';
import type { Home } from '../../../stack/home.ts';
import { answersOk, untilHealthy } from '../../../stack/wait.ts';
import { freePort } from '../../support/free-port.ts';
import { findToxiproxy } from './toxiproxy-program.ts';

/** What may be wrong with a line; `upstream` is towards the server. Figures as Toxiproxy names them: ms, KB/s. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'reset_peer' | 'timeout';
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

export interface Toxiproxy {
  /** A line to a server, sound at first. Resolves to the `host:port` to use in the place of the server's. */
  open(name: string, upstream: string): Promise<string>;
  poison(name: string, toxics: readonly Toxic[]): Promise<void>;
  /** Makes every line sound again. What was under way on one that lost bytes is closed. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Toxiproxy of one's own on loopback. Throws StackError when there is none to be had. */
export async function startToxiproxy(home: Home, tell: (line: string) => void): Promise<Toxiproxy> {
  const program = await findToxiproxy(home, tell);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['-host', '127.0.0.1', '-port', String(port)];
  const spawning = { program, args, env: bareEnvironment(process.env), stopSignal: 'SIGTERM', stopWithinMs: 3_000 } as const;
  const child = spawnLogged({ ...spawning, healthy: () => answersOk(`${url}/version`) }, home.log('toxiproxy'));
  await untilHealthy(() => answersOk(`${url}/version`), 10_000, AbortSignal.timeout(10_000));

  async function ask<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`Toxiproxy refused ${path} (${response.status}): ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  return {
    open: async (name, upstream) => (await ask<{ listen: string }>('/proxies', { name, upstream, listen: '127.0.0.1:0' })).listen,
    async poison(name, toxics) {
      for (const toxic of toxics) await ask(`/proxies/${name}/toxics`, { name: `${toxic.type}-${toxic.stream}`, ...toxic });
    },
    heal: () => ask('/reset', {}),
    stop: () => child.stop(),
  };
}
