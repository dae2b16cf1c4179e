import { Redis } from 'ioredis';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from '../environment.ts';
import { writePrivateFile } from '../home.ts';
import type { Context, Launch, Part } from '../part.ts';
import { resolveProgram } from '../resolve-program.ts';

export interface RedisAddress {
  readonly url: string;
}

async function launch({ home, memory, ports, env, test }: Context, program: string): Promise<Launch<RedisAddress>> {
  const port = await ports.choose('redis');
  const data = home.data('redis');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const password = memory.secret('redis');
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${data}"`,
    'save ""',
    `appendonly ${test ? 'no' : 'yes'}`,
    `requirepass ${password}`,
  ];
  // In a file, not in arguments: those anyone on the machine can read.
  const config = join(data, 'redis.conf');
  writePrivateFile(config, `${settings.join('\n')}\n`);
  const url = `redis://:${password}@127.0.0.1:${port}`;
  return {
    program,
    args: [config],
    env: bareEnvironment(env),
    stopSignal: 'SIGTERM',
    stopWithinMs: 5_000,
    healthy: () => ping(url),
    settle: async () => ({ url }),
  };
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000, maxRetriesPerRequest: 0 });
  // Refusals reach us through the rejected call too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}

/** Redis, its append-only file on so that logouts survive a restart. */
export const redis: Part<RedisAddress> = {
  name: 'redis',
  title: 'Redis',
  external: (env) => (env['REDIS_URL'] ? { url: env['REDIS_URL'] } : undefined),
  resolve: (context) => resolveProgram('redis', 'redis', context),
  launch,
};
