import { addPerson, type Parts } from '../../support/school.ts';
import type { World } from '../support/world.ts';

export default {
  'a name and an address': {
    async input({ databases: { main }, keyring, tenantId }) {
      const personId = await addPerson({ main, keyring } as Parts, tenantId, { display_name: 'Zoe', email: 'zoe@lincoln.example' }, [
        'student',
      ]);
      return { personId, corrections: { displayName: 'Zoë', email: 'zoe.obrien@lincoln.example', middleName: null } };
    },
  },
} satisfies World;
