import { readdirSync } from 'node:fs';
import type { FaultRule } from '../../../sandboxes/support/faults.ts';
import type { VendorName } from '../../../sandboxes/support/start.ts';
import type { Place } from './place.ts';

interface Moment {
  /** The step that must be under way. */
  readonly at: string;
  /** So much time passes first, at once: for a step that begins only then. Until the last message is sent no other time is skipped. */
  readonly afterSeconds?: number;
}
/** A message that somebody sends to the run, in the order of the example. */
interface Message extends Moment {
  /** As the process declares it. */
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}
/** What goes on in the world meanwhile, in the place of a message. */
interface Happening extends Moment {
  readonly name: string;
  readonly happens: (place: Place) => Promise<unknown>;
}
export type Spoken = Message | Happening;
/** One way a process may go, from its input to its end, without any disturbance of ours. Idle time is skipped. */
export interface Example {
  input(place: Place): Promise<Readonly<Record<string, unknown>>>;
  /** What vendors refuse in this example, so that the run ends otherwise. */
  readonly faults?: readonly ({ readonly vendor: VendorName } & FaultRule)[];
  readonly messages?: readonly Spoken[];
  /** Takes away what other processes' runs would meet, when all has been compared. */
  tidy?(place: Place): Promise<void>;
  /** Activities that do something else in each of their calls: all of these are killed. */
  readonly everyCall?: readonly string[];
  /** What a killed worker may lose count of, by design of the activity: it is not compared. */
  readonly vague?: readonly RegExp[];
}
/** An activity is disturbed in the first example that calls it: the one in which most is done comes first. */
export type World = Readonly<Record<string, Example>>;

const folder = new URL('../worlds/', import.meta.url);

/** The examples of a process: test/crash/worlds/<process>.ts. Throws when there are none: each process has its rows. */
export async function worldOf(process: string): Promise<World> {
  if (!readdirSync(folder).includes(`${process}.ts`))
    throw new Error(`The process '${process}' has no example: write test/crash/worlds/${process}.ts.`);
  const { default: world } = (await import(new URL(`${process}.ts`, folder).href)) as { default: World };
  return world;
}
