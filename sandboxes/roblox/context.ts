import type { Clock } from '../support/clock.ts';
import { header, jsonBody } from '../support/http.ts';
import type { Handler, Route, SandboxRequest } from '../support/http.ts';
import type { Ledger } from '../support/ledger.ts';
import type { Store } from '../support/store.ts';
import { invalid } from './failure.ts';

export interface RobloxContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly ledger: Ledger;
}

/** What a minute of a universe is counted by. */
export type Budget = 'read' | 'write' | 'list' | 'remove';

export interface RobloxRoute extends Route {
  /** The scopes of an API key, any of which suffices; absent: any key does. */
  readonly scopes?: readonly string[];
  readonly budget?: Budget;
}

export function dataRoute(operation: string, access: Required<Pick<RobloxRoute, 'scopes' | 'budget'>>, handle: Handler): RobloxRoute {
  const [method = '', path = ''] = operation.split(' ');
  return { method, path, handle, ...access };
}

export const apiKeyOf = (request: SandboxRequest): string | undefined =>
  header(request, 'x-api-key') ?? /^Bearer (.+)$/.exec(header(request, 'authorization') ?? '')?.[1];

/** The body as an object. Throws what Roblox answers to anything else. */
export function objectBody(request: SandboxRequest): Readonly<Record<string, unknown>> {
  const body = parsed(request);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('The request body must be a JSON object.');
  return body as Record<string, unknown>;
}

function parsed(request: SandboxRequest): unknown {
  try {
    return jsonBody(request);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('The request body is not valid JSON.');
    throw error;
  }
}

export const timestamp = (ms: number): string => new Date(ms).toISOString();
