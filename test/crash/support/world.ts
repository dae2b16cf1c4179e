import { readdirSync } from 'node:fs';
import type { FaultRule } from '../../../sandboxes/support/faults.ts';
import type { VendorName } from '../../../sandboxes/support/start.ts';

/** What an example may ask of the place it runs in. */
export interface Place {
  /** Of this run alone, and as long as every other: for slugs and the like. */
  readonly name: string;
  /** Stores a file as the API does; resolves to the upload's id. */
  upload(zip: Buffer): Promise<string>;
}
/** One way a process may go, from its input to its end, without any disturbance of ours. */
export interface Example {
  input(place: Place): Promise<Readonly<Record<string, unknown>>>;
  /** What vendors refuse in this example, so that the run ends otherwise. */
  readonly faults?: readonly ({ readonly vendor: VendorName } & FaultRule)[];
}
export type World = Readonly<Record<string, Example>>;

const folder = new URL('../worlds/', import.meta.url);

/** The examples of a process: test/crash/worlds/<process>.ts. Throws when there are none: each process has its rows. */
export async function worldOf(process: string): Promise<World> {
  if (!readdirSync(folder).includes(`${process}.ts`))
    throw new Error(`The process '${process}' has no example: write test/crash/worlds/${process}.ts.`);
  const { default: world } = (await import(new URL(`${process}.ts`, folder).href)) as { default: World };
  return world;
}
