import { addPerson, type Parts } from '../../support/school.ts';
import type { Place } from '../support/place.ts';
import type { Example, World } from '../support/world.ts';

const restricting = (rest: Readonly<Record<string, unknown>>): Example => ({
  async input({ databases: { main }, keyring, tenantId }: Place) {
    const personId = await addPerson({ main, keyring } as Parts, tenantId, { display_name: 'Zoe', email: 'zoe@lincoln.example' }, [
      'student',
    ]);
    return { personId, reason: 'accuracy-contested', ...rest };
  },
});

export default {
  'until somebody lifts it': { ...restricting({}), messages: [{ at: 'hold', name: 'lift', body: {} }] },
  'until a day': restricting({ until: new Date(Date.now() + 5 * 86_400_000).toISOString() }),
} satisfies World;
