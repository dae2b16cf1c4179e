import { newId } from '../../../platform/ids.ts';
import type { World } from '../support/world.ts';

export default {
  'a login that nobody has': { input: async ({ name }) => ({ resetId: newId(), login: `${name}@nobody.example` }) },
} satisfies World;
