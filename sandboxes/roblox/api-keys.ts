import { jsonBody, route } from '../support/http.ts';
import type { Route, SandboxRequest } from '../support/http.ts';
import type { Store } from '../support/store.ts';
import { apiKeyOf } from './context.ts';
import type { RobloxRoute } from './context.ts';
import { RobloxFailure } from './failure.ts';

interface KeyRights {
  readonly key: string;
  readonly scopes: readonly string[];
  /** Absent: every universe. */
  readonly universes?: readonly string[];
}

/** What an API key may do, which at Roblox is set in its dashboard. A key nobody spoke of may do everything. */
export function createApiKeys(store: Store) {
  const keys = store.collection<KeyRights>('api_keys');
  return {
    /** Throws what Roblox answers to a key that lacks a right. */
    demand(request: SandboxRequest, { scopes }: RobloxRoute, universe: string | undefined): void {
      const rights = keys.get(apiKeyOf(request) ?? '');
      if (!rights || !scopes) return;
      if (!scopes.some((scope) => rights.scopes.includes(scope)))
        throw new RobloxFailure('PERMISSION_DENIED', `The API key lacks the scope ${scopes[0]}.`);
      if (rights.universes && !rights.universes.includes(universe ?? ''))
        throw new RobloxFailure('PERMISSION_DENIED', 'The API key has no access to this universe.');
    },
    control: [
      route('PUT /_sandbox/keys', (request) => {
        const rights = jsonBody(request) as KeyRights;
        store.transaction(() => keys.put(rights.key, rights));
        return { status: 200, body: rights };
      }),
    ] satisfies Route[],
  };
}
