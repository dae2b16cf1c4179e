import { nodeProgram } from './node-program.ts';
import type { StackProcess } from './child.ts';

/** One of the product's own long-running programs. It says `ready` in its log, as one line of JSON. */
export const productProgram = (name: string, env: NodeJS.ProcessEnv): Omit<StackProcess, 'healthy'> => ({
  program: process.execPath,
  args: nodeProgram(name),
  env,
  stopSignal: 'SIGTERM',
  stopWithinMs: 35_000,
});

/** Throws until a line of the log says that the program is ready. */
export function requireReadyLine(log: string): void {
  const ready = log.split('\n').some((line) => line.startsWith('{') && isReady(line));
  if (!ready) throw new Error('it has not said that it is ready');
}

function isReady(line: string): boolean {
  try {
    return (JSON.parse(line) as { message?: string }).message === 'ready';
  } catch {
    // A line that is still being written.
    return false;
  }
}
