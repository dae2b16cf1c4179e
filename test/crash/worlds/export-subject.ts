import { newId } from '../../../platform/ids.ts';
import { addPerson, type Parts } from '../../support/school.ts';
import type { World } from '../support/world.ts';

/** A package is sealed anew whenever it is made, and holds times and ids: its bytes differ, and how well they pack. */
const vague = [/"sha256": ?"[0-9a-f]{64}"/g, /"(?:size_bytes|sizeBytes)": ?\d+/g, /exports\/\S+ \d+ bytes/g];
const plain = { display_name: 'Ada Lovelace', email: 'ada@lincoln.example' };

export default {
  'sealed to a passphrase': {
    async input({ tenantId, databases, keyring }) {
      const personId = await addPerson({ main: databases.main, keyring } as Parts, tenantId, plain, ['student']);
      return { personId, recipient: { kind: 'passphrase' } };
    },
    vague,
  },
  'of a person who is not there': {
    input: async () => ({ personId: newId(), recipient: { kind: 'passphrase' } }),
    vague,
  },
} satisfies World;
