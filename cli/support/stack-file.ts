import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a client needs to know of the running stack (`.toolbox/stack.json`, written by `npm start`). */
export interface StackFile {
  readonly postgres: { readonly url: string };
  readonly api: { readonly url: string };
  readonly temporal: { readonly ui?: string };
  readonly vault: { readonly url: string; readonly token: string };
  readonly sandboxes: { readonly sendgrid?: { readonly url: string } };
  readonly demo: { readonly email: string; readonly password: string; readonly tenant?: string };
}

const home = (): string => process.env['TOOLBOX_HOME'] ?? join(process.cwd(), '.toolbox');

/** Reads the description of the running stack, or says what to type when there is none. */
export function readStackFile(): StackFile {
  const file = join(home(), 'stack.json');
  if (!existsSync(file)) throw new Error('The platform is not running. Type `npm start` in another terminal and wait for its table.');
  return JSON.parse(readFileSync(file, 'utf8')) as StackFile;
}
