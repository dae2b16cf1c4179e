import { openRedis } from '../../platform/redis.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { createPseudonyms } from '../../platform/pseudonyms.ts';
import { openTemporal } from '../../platform/temporal.ts';
import { quietLog } from './api.ts';
import type { Databases } from './database.ts';
import { testCodec } from './payload-codec.ts';
import { servers } from './servers.ts';
import { atEnd } from './teardown.ts';
import { temporalSettings } from './temporal.ts';

/** What erasing needs beside what other activities do, on real servers. */
export function erasing({ databases, keyring }: { readonly databases: Databases; readonly keyring: Keyring }) {
  const redis = openRedis(servers().redis, quietLog);
  const temporal = openTemporal(temporalSettings(), { codec: testCodec });
  atEnd(async () => {
    redis.disconnect();
    await temporal.close();
  });
  return { keyringDatabase: databases.keyring, redis, temporal, pseudonyms: createPseudonyms(keyring, quietLog) };
}
