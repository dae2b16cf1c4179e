import { isGrpcCancelledError, isGrpcDeadlineError, type WorkflowHandle } from '@temporalio/client';
import type { Caller } from '../../../api/support/caller.ts';
import { sendMessage } from '../../../api/support/run-messages.ts';
import { UnavailableError } from '../../../domain/errors.ts';
import type { Progress } from '../../../domain/run.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Run } from '../../../platform/models/run.ts';
import type { Process } from '../../../processes/support/define.ts';
import { fastForward, travelOn } from '../../support/time-travel.ts';
import { until } from '../../support/until.ts';
import type { Parts } from './parts.ts';
import type { Place } from './place.ts';
import type { Spoken } from './world.ts';

/** Which message of the example the worker is killed beside. */
export interface SpokenDoom {
  readonly message: number;
  readonly moment: 'before' | 'after';
}
export interface Listener {
  readonly process: Process;
  readonly caller: Caller;
  readonly runId: string;
  readonly handle: WorkflowHandle;
  readonly place: Place;
}
const stepWithinMs = 40_000;

/**
 * Sends the example's messages by the API's own means, each when its step is under way, then lets time fly. Kills the worker before one
 * is sent, or when it is taken, where `doom` says so. Throws when a step does not begin or a message is refused.
 */
export async function speak(
  { databases, keyring, plain: temporal }: Parts,
  listener: Listener,
  messages: readonly Spoken[],
  doom: SpokenDoom | undefined,
  kill: () => Promise<void>,
): Promise<void> {
  const { handle, place } = listener;
  for (const [index, spoken] of messages.entries()) {
    const { at, afterSeconds } = spoken;
    const dies = (moment: SpokenDoom['moment']): boolean => doom?.message === index && doom.moment === moment;
    if (afterSeconds) await fastForward(handle, afterSeconds);
    await until(() => isUnderWay(handle, at), stepWithinMs);
    if (dies('before')) await kill();
    if ('happens' in spoken) await spoken.happens(place);
    else await send({ databases, keyring, temporal }, listener, spoken);
    if (dies('after')) await kill();
  }
  if (messages.length > 0) await travelOn(handle);
}

type Sender = Pick<Parts, 'databases' | 'keyring' | 'temporal'>;

async function send(
  { databases, keyring, temporal }: Sender,
  { process, caller, runId }: Listener,
  { name, body }: Pick<Extract<Spoken, { body: unknown }>, 'name' | 'body'>,
): Promise<void> {
  const row = await inTenant(databases.main, caller.tenantId, async (trx) => Run.query(trx).findById(runId).throwIfNotFound());
  const kind = process.messages[name]?.kind;
  if (!kind) throw new Error(`The process '${process.name}' declares no message '${name}'.`);
  const message = { name, kind, body, idempotencyKey: newId() };
  const from = { caller, requestId: newId() };
  // As whoever is told that nothing was lost: again, under the same key. The next worker may take a while on a busy machine.
  const isTaken = async (): Promise<boolean> => {
    try {
      await sendMessage({ knex: databases.main, keyring, temporal }, row, message, from);
      return true;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return false;
    }
  };
  await until(isTaken, stepWithinMs);
}

const answersWithinMs = 2_000;

async function isUnderWay(handle: WorkflowHandle, name: string): Promise<boolean> {
  const ask = (): Promise<Progress> => handle.query<Progress>('progress');
  try {
    const { steps } = await handle.client.withDeadline(Date.now() + answersWithinMs, ask);
    return steps.some((step) => step.name === name && step.state === 'running');
  } catch (error) {
    // A question put to a worker that is killed is lost, and to be asked again.
    if (isGrpcDeadlineError(error) || isGrpcCancelledError(error)) return false;
    throw error;
  }
}
