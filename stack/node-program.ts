import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackError } from './stack-error.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Whether this is what `npm run build` made: plain JavaScript, run without a loader. */
export const isBuilt = import.meta.url.endsWith('.js');

/** Arguments for Node to run one of the product's programs, e.g. `workers/main`, the way this one runs. Throws StackError when there is none. */
export function nodeProgram(name: string): string[] {
  const file = join(here, '..', `${name}.${isBuilt ? 'js' : 'ts'}`);
  if (!existsSync(file)) throw new StackError(`${file} is missing: is this checkout whole?`);
  return isBuilt ? [file] : ['--import', import.meta.resolve('tsx'), file];
}
