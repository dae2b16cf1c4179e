import { randomBytes } from 'node:crypto';
import { createPayloadCodec } from '../../platform/codec/payload-codec.ts';
import type { PayloadKey, PayloadKeys } from '../../platform/codec/payload-keys.ts';
import { newId } from '../../platform/ids.ts';

/** Keys that live as long as the run of the tests: for suites whose client, worker and API have no keyring in common. */
function createMemoryKeys(): PayloadKeys {
  const keys = new Map<string, PayloadKey>();
  const current = async (tenantId: string): Promise<PayloadKey> => {
    const key = keys.get(tenantId) ?? { id: newId(), held: { key: randomBytes(32) } };
    keys.set(tenantId, key);
    return key;
  };
  return { current, named: current };
}

/** The codec of every client and worker of test/support, unless a suite brings its own. */
export const testCodec = createPayloadCodec(createMemoryKeys());
