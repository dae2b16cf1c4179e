import { setTimeout as pause } from 'node:timers/promises';

/** Resolves with the first truthy answer; throws when there is none in time. For what happens by itself, soon. */
export async function until<T>(ask: () => T | Promise<T>, timeoutMs = 5_000, everyMs = 10): Promise<Exclude<T, undefined | null | false>> {
  for (const start = Date.now(); Date.now() - start < timeoutMs; await pause(everyMs)) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, undefined | null | false>;
  }
  throw new Error(`It did not become true within ${timeoutMs} ms.`);
}
