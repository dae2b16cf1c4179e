import type { World } from '../support/world.ts';

export default {
  'a sample of failed payments': { input: async () => ({ policy: { name: 'patient', version: 1 }, source: { sample: 200, seed: 3 } }) },
} satisfies World;
