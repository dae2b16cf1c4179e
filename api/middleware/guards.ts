import type { z } from 'zod';
import { ForbiddenError, NotFoundError, ValidationError, type Issue } from '../../domain/errors.ts';
import type { Can } from '../../policies/index.ts';
import type { Caller } from '../support/caller.ts';
import { isStorable } from '../support/text.ts';

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

/** Query parameters as the schema reads them; text no database holds is an issue like any other. */
export function parseQuery(issues: Issue[], schema: z.ZodType | undefined, value: Readonly<Record<string, unknown>>): unknown {
  if (!schema) return undefined;
  for (const [name, text] of Object.entries(value))
    if (!isStorable(String(text))) issues.push({ path: `query.${isStorable(name) ? name : ''}`, message: 'It is not text.' });
  return issues.length > 0 ? undefined : parseInto(issues, schema, value, 'query');
}

/** Path parameters: what does not fit names nothing, so it answers 404 like any other unknown id. */
export function parseParams(schema: z.ZodType | undefined, value: Readonly<Record<string, string>>): unknown {
  if (!schema) return undefined;
  if (!Object.values(value).every(isStorable)) throw new NotFoundError();
  const result = schema.safeParse(value);
  if (!result.success) throw new NotFoundError();
  return result.data;
}
