import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import pg from 'pg';

type Told = (write: string) => void;
interface Fetched {
  readonly method: string;
  readonly path: string;
  readonly origin: string;
}
/** Transit answers these without keeping anything. */
const asks = /\/(?:encrypt|decrypt|hmac|verify|sign|rewrap)\//;
const changes = (method: string, path: string): boolean => !['GET', 'HEAD'].includes(method) && !asks.test(path);
/** Not the lock of a select. */
const changing = /(?<!for (?:no key )?)\b(?:insert|update|delete|merge|copy|truncate)\b/i;

/**
 * Calls `told` on each write of this process as soon as it is done and before anyone here hears of it: a commit of a transaction that
 * changed something, a statement that changes something by itself, the answer to a request that is no read.
 */
export function watchWrites(told: Told): void {
  watchRequests(told);
  watchCommits(told);
}

function watchRequests(told: Told): void {
  subscribe('http.client.response.finish', (message) => {
    const { method, path, host } = (message as { request: ClientRequest }).request;
    if (changes(method, path)) told(`${method} ${host} ${path}`);
  });
  // The built-in fetch has channels of its own.
  subscribe('undici:request:headers', (message) => {
    const { method, path } = (message as { request: Fetched }).request;
    if (changes(method, path)) told(`${method} ${path}`);
  });
}

type Done = (error: unknown, result: unknown) => void;
type Query = (this: object, statement: unknown, ...rest: unknown[]) => unknown;

/** The driver has no channel: its one door is wrapped. */
function watchCommits(told: Told): void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const query = prototype.query;
  const open = new WeakMap<object, Set<string>>();
  prototype.query = function (statement, ...rest) {
    const text = textOf(statement);
    const done = rest.at(-1);
    if (typeof done !== 'function') return query.call(this, statement, ...rest);
    const heard: Done = (error, result) => {
      if (!error) note(this, text);
      (done as Done)(error, result);
    };
    return query.call(this, statement, ...rest.slice(0, -1), heard);
  };

  function note(client: object, text: string): void {
    if (/^begin\b/i.test(text)) return void open.set(client, new Set());
    const changed = open.get(client);
    if (/^(?:commit|rollback)\b/i.test(text)) {
      open.delete(client);
      if (changed?.size && /^commit/i.test(text)) told(`commit ${[...changed].join(', ')}`);
      return;
    }
    const table = changing.test(text) ? tableOf(text) : undefined;
    if (table === undefined) return;
    if (changed) changed.add(table);
    else told(`commit ${table}`);
  }
}

const textOf = (statement: unknown): string =>
  (typeof statement === 'string' ? statement : ((statement as { text?: string } | null)?.text ?? '')).trim();
const tableOf = (text: string): string => /\b(?:into|update|from|table)\s+"?(\w+)/i.exec(text)?.[1] ?? 'something';
