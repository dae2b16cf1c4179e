import type { World } from '../support/world.ts';

export default {
  'nothing that has expired': { input: async () => ({}) },
} satisfies World;
