import type { z } from 'zod';
import { ForbiddenError, NotFoundError, ValidationError, type Issue } from '../../domain/errors.ts';
import type { Can } from '../../policies/index.ts';
import type { Caller } from '../support/caller.ts';

/** Lets the caller pass or throws ForbiddenError. */
export function allow(can: Can, caller: Caller, object: string, action: string): void {
  if (!can(caller, object, action)) throw new ForbiddenError(action, object);
}

/** The value as the schema reads it, or ValidationError with every issue. `where` goes before each path: `query`, `header`. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, where = ''): z.output<T> {
  const issues: Issue[] = [];
  const parsed = parseInto(issues, schema, value, where);
  if (issues.length) throw new ValidationError(issues);
  return parsed as z.output<T>;
}

/** As `parse`, but collects the issues so that several parts of a request are judged at once. */
export function parseInto(issues: Issue[], schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues)
    issues.push({ path: [where, ...path].filter((part) => part !== '').join('.'), message });
  return undefined;
}

/** Path parameters: what does not fit names nothing, so it answers 404 like any other unknown id. */
export function parseParams(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (!result.success) throw new NotFoundError();
  return result.data;
}
