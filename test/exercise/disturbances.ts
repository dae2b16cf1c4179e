import { setTimeout as pause } from 'node:timers/promises';
import { onboardSteps, type OnboardStep } from './attempt.ts';
import { startWrongApi, type WrongApi } from './clocks.ts';
import { diskNames } from './disks.ts';
import { killAndAwait, losses, untilReady } from './kills.ts';
import { lineNames, troubleNames, troubles, type LineName } from './lines.ts';
import type { Platform } from './platform.ts';

export interface Disturbance {
  /** What `--only` goes by. */
  readonly name: string;
  readonly words: string;
  readonly needs?: 'lines' | 'disks';
  /** Where in an onboarding it may begin; another place in each round. */
  readonly from: readonly OnboardStep[];
  /** Of those that take turns: in one round of four it is due. */
  readonly turn?: number;
  /** Another API than the platform's own, for the client of this attempt. */
  door?(platform: Platform): Promise<WrongApi>;
  /** Does it and undoes it; resolves when the platform is itself again. */
  act(platform: Platform, door?: WrongApi): Promise<void>;
}

/** Before a line is used, so that its trouble is met; the others are used all the time. */
const beforeUse: Partial<Record<LineName, readonly OnboardStep[]>> = {
  s3: ['start', 'create-key', 'start-subscription', 'import-roster'],
  stripe: ['start', 'create-key', 'create-storage', 'open-billing'],
  sendgrid: ['start-subscription', 'import-roster', 'create-admin', 'send-invitations'],
};

const kills = losses.map((victims): Disturbance => ({
  name: `kill ${victims.join('+')}`,
  words: `kill -9 of ${victims.join(' and ')}, started again`,
  from: onboardSteps,
  act: ({ home }) => killAndAwait(home, victims),
}));

const badLines = lineNames.flatMap((line, index) =>
  troubleNames.map((trouble, turn): Disturbance => ({
    name: `${trouble} ${line}`,
    words: `the line to ${line}: ${troubles[trouble].words}`,
    needs: 'lines',
    from: beforeUse[line] ?? onboardSteps,
    turn: (turn + index) % troubleNames.length,
    async act({ lines, up }) {
      await lines?.poison(line, troubles[trouble].toxics);
      await pause(troubles[trouble].lastsMs);
      await lines?.heal();
      await untilReady(up.api.url);
    },
  })),
);

const fullForMs = 5_000;
const fullDisks = diskNames.map((disk): Disturbance => ({
  name: `full ${disk}`,
  words: `the disk of ${disk}: not a byte free${disk === 's3' ? ', then freed and S3 started again' : ''}`,
  needs: 'disks',
  from: onboardSteps,
  async act({ home, disks, up }) {
    await disks?.fill(disk);
    await pause(fullForMs);
    await disks?.free(disk);
    // LevelDB, in which SeaweedFS keeps its directory, writes nothing more after a write that failed, until it is opened again.
    if (disk === 's3') await killAndAwait(home, ['s3']);
    await untilReady(up.api.url);
  },
}));

const wrongClocks = Object.entries({ ahead: 3_600, behind: -3_600 }).map(([word, seconds]): Disturbance => ({
  name: `clock ${word}`,
  words: `a second API, on a host an hour ${word}, then put right`,
  from: onboardSteps,
  door: ({ home, productEnv, up }) => startWrongApi(home, productEnv, up.api.url, seconds),
  act: async (_, door) => door?.putRight(),
}));

/** All there is, in the order of a round. */
export const disturbances: readonly Disturbance[] = [...kills, ...badLines, ...fullDisks, ...wrongClocks];
