import { setTimeout as pause } from 'node:timers/promises';
import { createStarter } from '../../../api/support/run-start.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { newId } from '../../../platform/ids.ts';
import type { Process } from '../../../processes/support/define.ts';
import type { FaultRule } from '../../../sandboxes/support/faults.ts';
import type { Effect } from '../../../sandboxes/support/ledger.ts';
import type { VendorName } from '../../../sandboxes/support/start.ts';
import { anonymous, difference } from './anonymous.ts';
import { createCrew, type Crew } from './crew.ts';
import { environmentOf, openParts, type Parts, type Sandboxes } from './parts.ts';
import { makePlace, type Place } from './place.ts';
import type { Doom } from './protocol.ts';
import { speak, type SpokenDoom } from './speak.ts';
import { linesOf, objectsOf } from './state.ts';
import type { Example } from './world.ts';

export interface Disturbance {
  readonly doom?: Doom;
  readonly spoken?: SpokenDoom;
  readonly fault?: { readonly vendor: VendorName } & FaultRule;
}
/** What one run came to. */
export interface Outcome {
  /** All that it left in every store and did at every vendor, a line each, with what is generated replaced. */
  readonly lines: readonly string[];
  /** What each call of each activity wrote, in its first whole attempt. */
  readonly calls: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly effects: readonly Effect[];
  readonly deaths: number;
  /** What the last worker that died had printed. */
  readonly lastWords: string;
  readonly seconds: number;
}
/** A world of its own for one run at a time: databases, vault, vendors, Temporal namespace and workers. */
export interface Lane {
  run(process: Process, example: Example, disturbance?: Disturbance): Promise<Outcome>;
  close(): Promise<void>;
}
export interface Code {
  /** Path of the compiled worker. */
  readonly program: string;
  /** Path of the workflows' bundle. */
  readonly bundle: string;
}
type Written = Map<string, Map<string, readonly string[]>>;

export async function openLane({ program, bundle }: Code): Promise<Lane> {
  const parts = await openParts();
  let written: Written = new Map();
  const crew = createCrew(parts.temporal, { program, env: environmentOf(parts, bundle) }, ({ activity, call, writes }) => {
    const calls = written.get(activity) ?? new Map<string, readonly string[]>();
    if (!calls.has(call)) written.set(activity, calls.set(call, writes));
  });
  // What one run leaves is what the next one finds.
  let state = await linesOf(parts.stores);
  return {
    async run(process, example, disturbance = {}) {
      written = new Map();
      const { after, ...outcome } = await runOnce(parts, crew, { process, example, disturbance, before: state });
      state = after;
      const calls = new Map([...written].map(([activity, attempts]) => [activity, [...attempts.values()]] as const));
      return { ...outcome, calls };
    },
    async close() {
      await crew.stop();
      await parts.close();
    },
  };
}

interface Turn {
  readonly process: Process;
  readonly example: Example;
  readonly disturbance: Disturbance;
  readonly before: readonly string[];
}
type Traces = Omit<Outcome, 'calls'> & { readonly after: string[] };

async function runOnce(parts: Parts, crew: Crew, { process, example, disturbance, before }: Turn): Promise<Traces> {
  const { sandboxes, stores, storage } = parts;
  await Promise.all(Object.values(sandboxes).map(({ control }) => control.reset()));
  const faults = [...(example.faults ?? []), ...(disturbance.fault ? [disturbance.fault] : [])];
  const place = await makePlace(parts, process);
  const input = process.input.parse(await example.input(place));
  // What an example made at vendors to begin with is neither disturbed nor counted.
  const given = await ledgersOf(sandboxes);
  for (const { vendor, ...rule } of faults) await sandboxes[vendor].control.addFault(rule);
  await crew.doom(disturbance.doom);
  const [died, beganAt] = [crew.deaths(), performance.now()];
  const { runId, status } = await runToItsEnd(parts, crew, { process, example, disturbance, place, input });
  const seconds = (performance.now() - beganAt) / 1_000;
  await crew.doom(undefined);

  const after = await linesOf(stores);
  // A platform's run makes the tenant of its own id, if any.
  const tenantId = place.tenantId === platformTenantId ? runId : place.tenantId;
  const objects = await objectsOf(stores.s3, tenantId, place.uploads);
  const effects = effectsSince(given, await ledgersOf(sandboxes));
  await storage.removeBucket(bucketOf(tenantId));
  const names = { RUN: runId, NAME: place.name, ...(tenantId === runId ? {} : { TENANT: tenantId }) };
  const lines = [
    status,
    ...difference(before, after).map((line) => `- ${line}`),
    ...difference(after, before).map((line) => `+ ${line}`),
    ...objects,
    ...effects.map(({ vendor, operation, businessKey, body }) => `effect ${vendor} ${operation} ${businessKey} ${JSON.stringify(body)}`),
  ];
  await example.tidy?.(place);
  return {
    after: example.tidy ? await linesOf(stores) : after,
    lines: lines.map((line) => vaguely(anonymous(line, names), example)).sort(),
    effects,
    deaths: crew.deaths() - died,
    lastWords: crew.lastWords(),
    seconds,
  };
}

const vaguely = (line: string, { vague = [] }: Example): string => vague.reduce((text, pattern) => text.replaceAll(pattern, 'VAGUE'), line);

interface Start extends Omit<Turn, 'before'> {
  readonly place: Place;
  readonly input: Readonly<Record<string, unknown>>;
}
const endsWithinMs = 60_000;
/** How the line begins that says so of a run. */
export const neverEnds = 'does not end';

/** Starts a run by the API's own means, sends it what the example says, and waits for its end. */
async function runToItsEnd(
  parts: Parts,
  crew: Crew,
  { process, example: { messages = [] }, disturbance, place, input }: Start,
): Promise<{ runId: string; status: string }> {
  const { databases, keyring } = parts;
  const { tenantId } = place;
  const temporal = messages.length > 0 ? parts.plain : parts.temporal;
  const role = process.scope === 'platform' ? ('ops' as const) : ('tenant_admin' as const);
  const session = { accessLevel: 'full' as const, sessionId: newId(), tokenId: newId(), tokenExpiresAt: new Date(Date.now() + 900_000) };
  const caller = { accountId: newId(), tenantId, membershipId: newId(), role, ...session };
  const request = { process, caller, requestId: newId(), input };
  const { id: runId } = await createStarter({ knex: databases.main, keyring, temporal })(request);
  const handle = temporal.client.workflow.getHandle(workflowIdOf(process.name, tenantId, process.businessKey(input, tenantId)));
  const ended = handle.result().then(
    () => 'ends well',
    (error: unknown) => `ends with ${messagesOf(error).join(': ')}`,
  );
  const spoken = speak(parts, { process, caller, runId, handle, place }, messages, disturbance.spoken, () => crew.kill()).then(
    () => ended,
    (error: unknown) => `${neverEnds}: a message was not sent: ${messagesOf(error).join(': ')}`,
  );
  const timer = new AbortController();
  const late = pause(endsWithinMs, undefined, { signal: timer.signal }).then(
    () => `${neverEnds} within ${endsWithinMs / 1_000} s; the worker said: ${crew.lastWords()}`,
    () => '',
  );
  const broken = crew.broken.then(() => `${neverEnds}: the workers end by themselves: ${crew.lastWords()}`);
  const status = await Promise.race([spoken, late, broken]);
  timer.abort();
  // One that is given up must not write into the next one's time.
  await Promise.allSettled([handle.terminate()]);
  return { runId, status };
}

const messagesOf = (error: unknown): string[] => (error instanceof Error ? [error.message, ...messagesOf(error.cause)] : []);

type Ledgers = readonly (readonly Effect[])[];
const ledgersOf = (sandboxes: Sandboxes): Promise<Ledgers> => Promise.all(Object.values(sandboxes).map(({ control }) => control.ledger()));

/** What each vendor did, reads excluded. What may be heard twice by design is counted once: its id tells, and receivers drop the second. */
function effectsSince(given: Ledgers, ledgers: Ledgers): Effect[] {
  const heard = new Set<string>();
  return ledgers
    .flatMap((ledger, at) => ledger.slice(given[at]?.length))
    .filter(({ vendor, businessKey }) => vendor !== 'pusher' || !businessKey || (!heard.has(businessKey) && heard.add(businessKey)));
}
