import type { Knex } from 'knex';
import { UnavailableError } from '../domain/errors.ts';

export interface Clock {
  /** The time now; by this host's own clock while the database's is not known. */
  (): Date;
  /** Resolves when the database's time is known. Throws UnavailableError while it cannot be asked. */
  readonly known: () => Promise<void>;
}
interface Reading {
  readonly epochMs: number;
  /** When it was read, by the monotonic clock, which nobody sets. */
  readonly at: number;
}

const freshMs = 60_000;

/**
 * The main database's time: one for all hosts, whatever their own clocks say. Asked once a minute, by the way; in between it goes on with
 * the monotonic clock, so a step of the host's clock changes nothing.
 */
export function createClock(main: Knex): Clock {
  let reading: Reading | undefined;
  let asking: Promise<void> | undefined;

  async function read(): Promise<void> {
    const asked = performance.now();
    const { rows } = await main.raw<{ rows: { ms: string }[] }>('select extract(epoch from clock_timestamp()) * 1000 as ms');
    const at = performance.now();
    // It was read about half-way between question and answer.
    reading = { epochMs: Number(rows[0]?.ms) + (at - asked) / 2, at };
  }
  const ask = (): Promise<void> => (asking ??= read().finally(() => (asking = undefined)));

  function now(): Date {
    if (!reading) return new Date();
    const passed = performance.now() - reading.at;
    // Who asks gets the answer at once; when the database is away the last reading is as good as the host's quartz.
    if (passed > freshMs) ask().catch(() => undefined);
    return new Date(reading.epochMs + passed);
  }
  return Object.assign(now, {
    known: async () => {
      if (reading) return;
      await ask().catch((error: unknown) => {
        throw new UnavailableError('The time of the database', 5, error);
      });
    },
  });
}
