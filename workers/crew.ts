import type { Worker } from '@temporalio/worker';

export type CrewMember = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

/** Several workers of the SDK that live and end together: a process that polls only some of its queues would look well and do half the work. */
export interface Crew {
  /** Resolves when all have drained; rejects with the first failure, once the others have drained too. */
  run(): Promise<void>;
  isRunning(): boolean;
  /** Tells those to stop that have not been told yet. */
  shutdown(): void;
}

export function createCrew(members: readonly CrewMember[]): Crew {
  const isRunning = (member: CrewMember): boolean => member.getState() === 'RUNNING';
  const shutdown = (): void => {
    for (const member of members) if (isRunning(member)) member.shutdown();
  };
  return {
    shutdown,
    isRunning: () => members.every(isRunning),
    async run() {
      // Whatever ends one ends all.
      const ends = await Promise.allSettled(members.map((member) => member.run().finally(shutdown)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}
