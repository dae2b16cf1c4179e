import { StackError } from './stack-error.ts';

/** Variables that make sense together only: all of them, or undefined when none is set. Throws StackError naming those missing. */
export function allOrNone<Name extends string>(env: NodeJS.ProcessEnv, names: readonly Name[]): Record<Name, string> | undefined {
  const missing = names.filter((name) => !env[name]);
  if (missing.length === names.length) return undefined;
  if (missing.length === 0) return Object.fromEntries(names.map((name) => [name, env[name]])) as Record<Name, string>;
  const given = names.filter((name) => env[name]);
  throw new StackError(`${given.join(' and ')} ${given.length > 1 ? 'are' : 'is'} set without ${missing.join(' and ')}: set all or none.`);
}
