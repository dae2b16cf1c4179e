import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { nodeProgram } from './node-program.ts';
import type { Context } from './part.ts';
import { StackError } from './stack-error.ts';

export interface Demo {
  readonly email: string;
  readonly password: string;
  readonly tenant: string;
}
export interface SetupResult {
  readonly vaultToken: string;
  readonly demo: Demo | null;
}

const passwordName = 'demo.password';

/**
 * Runs cli/setup.ts to its end: migrations, grants, transit keys, the app's token, the demo account with the password it
 * had before. @param env the product's environment and the owners' powers. Throws StackError pointing to its log.
 */
export async function runSetup({ home, memory, signal }: Context, env: NodeJS.ProcessEnv): Promise<SetupResult> {
  const log = openSync(home.log('setup'), 'w', 0o600);
  const password = env['DEMO_PASSWORD'] || memory.recall(passwordName);
  const child = spawn(process.execPath, nodeProgram('cli/setup'), {
    env: { ...env, ...(password === undefined ? {} : { DEMO_PASSWORD: password }) },
    stdio: ['ignore', 'pipe', log],
    signal,
  }) as ChildProcessByStdio<null, Readable, null>;
  // Its answer holds secrets: it goes through this pipe and into no file.
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
  closeSync(log);
  if (code !== 0) throw new StackError(`The set-up failed: see ${home.log('setup')}.`);
  const result = JSON.parse(said.trim().split('\n').at(-1) ?? '') as SetupResult;
  if (result.demo) memory.keep(passwordName, result.demo.password);
  return result;
}
