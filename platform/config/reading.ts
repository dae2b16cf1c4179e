import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names every bad variable and never a value: some are secrets. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Bad configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

// An empty variable is how shells and compose files say "not set".
export const present = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1].trim() !== ''));

export const say = (issues: readonly z.core.$ZodIssue[], given: Environment): string[] =>
  issues.map(({ path, message }) => `${path.join('.')}: ${String(path[0]) in given ? message : 'is missing'}`);

const sameServer = (one: string, other: string): boolean => {
  const [a, b] = [new URL(one), new URL(other)];
  return a.hostname === b.hostname && (a.port || '5432') === (b.port || '5432');
};

export function problemsBetween(env: { readonly DATABASE_URL: string; readonly KEYRING_DATABASE_URL: string }): string[] {
  return sameServer(env.DATABASE_URL, env.KEYRING_DATABASE_URL) ? ['KEYRING_DATABASE_URL: must be another server than DATABASE_URL'] : [];
}

export function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value))
    if (part !== null && typeof part === 'object' && !ArrayBuffer.isView(part)) deepFreeze(part as object);
  return Object.freeze(value);
}
