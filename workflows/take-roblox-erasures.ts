import type { RobloxErasureActivities, RobloxMatch } from '../activities/roblox-erasures.ts';
import { startRun } from './support/children.ts';
import { runProcess } from './support/process.ts';
import { database } from './support/proxies.ts';
import type { TakeRobloxErasuresInput, TakeRobloxErasuresResult } from './take-roblox-erasures.messages.ts';

const erasures = database<RobloxErasureActivities>();

/**
 * Reads what waits, makes sure that everybody who plays can be found, finds whom it means in every school, starts an erasure of each, and
 * only then calls the requests settled. Whatever stops it in between, the next run finds them again, and an erasure that is there is not
 * started twice. There is nothing to undo.
 */
export function takeRobloxErasures({ run }: TakeRobloxErasuresInput): Promise<TakeRobloxErasuresResult> {
  return runProcess(run, ['read', 'index-users', 'match', 'erase', 'settle'], async ({ step, skip }) => {
    const { requestIds, more } = await step('read', () => erasures.readRobloxErasures(), {
      detail: ({ requestIds: ids }) => `${ids.length} requests`,
    });
    if (requestIds.length === 0) {
      for (const name of ['index-users', 'match', 'erase', 'settle']) skip(name);
      return { requests: 0, unknown: 0, started: 0, known: 0, more };
    }
    await step('index-users', indexUsers);
    const matches = await step('match', () => matchAll(requestIds), { detail: (found) => `${found.length} people` });
    const { started, known } = await step('erase', () => eraseAll(matches));
    const meant = new Set(matches.map(({ requestId }) => requestId));
    const [done, unknown] = [requestIds.filter((id) => meant.has(id)), requestIds.filter((id) => !meant.has(id))];
    await step('settle', () => erasures.settleRobloxErasures({ done, unknown }));
    return { requests: requestIds.length, unknown: unknown.length, started, known, more };
  });
}

async function indexUsers(): Promise<void> {
  let page = await erasures.indexRobloxUsers({});
  while (page.next) page = await erasures.indexRobloxUsers({ at: page.next });
}

async function matchAll(requestIds: readonly string[]): Promise<RobloxMatch[]> {
  let page = await erasures.matchRobloxErasures({ requestIds });
  const matches = [...page.matches];
  while (page.next !== undefined) {
    page = await erasures.matchRobloxErasures({ requestIds, after: page.next });
    matches.push(...page.matches);
  }
  return matches;
}

/** One after the other: what is written while two act cannot be told apart. */
async function eraseAll(matches: readonly RobloxMatch[]): Promise<{ started: number; known: number }> {
  let [started, known] = [0, 0];
  for (const { tenantId, personId } of matches) {
    const run = { process: 'erase-subject', workflow: 'eraseSubject', tenantId, businessKey: personId };
    if (await startRun(run, { personId, requestedBy: 'roblox' })) started += 1;
    else known += 1;
  }
  return { started, known };
}
