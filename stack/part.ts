import type { StackProcess } from './child.ts';
import type { Home } from './home.ts';
import type { Memory } from './memory.ts';
import type { Ports } from './ports.ts';

/** What every part builds on. */
export interface Context {
  readonly home: Home;
  readonly memory: Memory;
  readonly ports: Ports;
  readonly env: NodeJS.ProcessEnv;
  /** For tests: data need not survive, time may be skipped fast. */
  readonly test: boolean;
  /** Aborted when the stack is told to stop. */
  readonly signal: AbortSignal;
  /** Tells the person at the terminal what is being done, in a few words. */
  say(part: string, words: string): void;
}

/** How to run a part, decided but not begun. */
export interface Launch<Address> extends StackProcess {
  /** Once healthy, before anyone uses it: makes what its users need and tells how to reach it. Safe to repeat. */
  settle(): Promise<Address>;
}

/** One server or program of the stack. */
export interface Part<Address> {
  /** Names its log, its data and its entry in stack.json. */
  readonly name: string;
  readonly title: string;
  /** Where it runs already, when the environment says so: then nothing is started. Throws StackError on half an answer. */
  external(env: NodeJS.ProcessEnv): Address | undefined;
  /** The path of its program: on PATH, cached, or fetched now. Throws StackError saying what to install. */
  resolve(context: Context): Promise<string>;
  launch(context: Context, program: string): Promise<Launch<Address>>;
}

/** A part that is up, or was up elsewhere already. */
export interface Up<Address> {
  readonly address: Address;
  /** Of the process started here. */
  readonly pid?: () => number | undefined;
}
