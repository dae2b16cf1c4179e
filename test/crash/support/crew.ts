import { isGrpcServiceError } from '@temporalio/client';
import type { Temporal } from '../../../platform/temporal.ts';
import type { Doom } from './protocol.ts';
import { type Ended, type Recruit, startWorkerChild, type WorkerChild } from './worker-child.ts';

/** Workers one after the other: one works; when it is killed the next, loaded meanwhile, takes up what it left. */
export interface Crew {
  doom(doom: Doom | undefined): Promise<void>;
  /** Kills the one at work, from outside. */
  kill(): Promise<void>;
  /** How many have died so far. */
  deaths(): number;
  /** What the last one that died had printed; of the one at work while none has died. */
  lastWords(): string;
  /** Resolves when they die by themselves, one after the other: then nobody works any more. */
  readonly broken: Promise<void>;
  stop(): Promise<void>;
}

/** @param ended called with the writes of each attempt that ended */
export function createCrew(temporal: Temporal, recruited: Recruit, ended: Ended): Crew {
  let stopping = false;
  let deaths = 0;
  let unasked = 0;
  let lastWords = '';
  let giveUp = (): void => undefined;
  const broken = new Promise<void>((resolve) => (giveUp = resolve));
  const recruit = (): WorkerChild => startWorkerChild(recruited, ended);
  let [current, next] = [recruit(), recruit()];
  const relieve = async (): Promise<void> => {
    await current.exited;
    if (stopping) return;
    const dead = current;
    lastWords = dead.lastWords();
    unasked = dead.wasKilled() ? 0 : unasked + 1;
    if (unasked === mostUnasked) return giveUp();
    [current, next] = [next, recruit()];
    deaths += 1;
    current.go();
    await buryAttempts(temporal, dead);
    await relieve();
  };
  current.go();
  const relieved = relieve();
  return {
    async doom(doom) {
      for (let one = current; !(await one.doom(doom)) && one !== current;) one = current;
    },
    kill: () => current.stop(),
    deaths: () => deaths,
    broken,
    lastWords: () => lastWords || current.lastWords(),
    async stop() {
      stopping = true;
      await Promise.all([current.stop(), next.stop()]);
      await relieved;
    },
  };
}

const mostUnasked = 3;
const notFound: number = 5;

/** Tells Temporal that the dead one's attempts have failed. It would learn of it by their time limits, half a minute to half a day later. */
async function buryAttempts({ client, namespace }: Temporal, { attempts }: WorkerChild): Promise<void> {
  const failure = { message: 'The worker was killed.', applicationFailureInfo: { type: 'Killed' } };
  for (const token of attempts.keys())
    try {
      await client.workflowService.respondActivityTaskFailed({ namespace, taskToken: Buffer.from(token, 'base64'), failure });
    } catch (error) {
      // Temporal heard of its end before it died.
      // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- an enum of gRPC's, which is no package of ours
      if (!(isGrpcServiceError(error) && Number(error.code) === notFound)) throw error;
    }
}
