import { createAccounts } from '../../../platform/identity/accounts.ts';
import { newId } from '../../../platform/ids.ts';
import type { World } from '../support/world.ts';

export default {
  'an account that has a password': {
    async input({ name, databases: { main }, keyring }) {
      const login = `${name}@lincoln.example`;
      await createAccounts({ main, keyring }).createAccount({ accountId: newId(), login, password: 'correct horse battery staple' });
      return { resetId: newId(), login };
    },
  },
} satisfies World;
