import { Redis } from 'ioredis';
import { rowsOf } from './databases.ts';
import type { Platform } from './platform.ts';

/** Makes servers write down what they only have in memory. */
export async function settle({ up }: Pick<Platform, 'up'>): Promise<void> {
  for (const { adminUrl } of [up.postgres, up.keyring]) await rowsOf(String(adminUrl), 'checkpoint');
  const redis = new Redis(up.redis.url);
  try {
    await redis.save();
  } finally {
    redis.disconnect();
  }
}
