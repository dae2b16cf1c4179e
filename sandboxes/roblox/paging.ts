import type { SandboxRequest } from '../support/http.ts';
import { invalid } from './failure.ts';

const prefixFilter = /^\s*id\.startsWith\(\s*(?:"([^"]*)"|'([^']*)')\s*\)\s*$/;

/** The prefix that a filter asks for; of CEL nothing else is understood. */
export function prefixOf({ query }: SandboxRequest): string {
  const filter = query.get('filter');
  if (filter === null || filter === '') return '';
  const found = prefixFilter.exec(filter);
  if (!found) throw invalid('The filter is not valid: only id.startsWith("...") is supported.');
  return found[1] ?? found[2] ?? '';
}

export const showsDeleted = ({ query }: SandboxRequest): boolean => query.get('showDeleted') === 'true';

/** A page of items that are in the order of their keys. A token names the last key of the page before. */
export function pageOf<T>(request: SandboxRequest, items: readonly T[], keyOf: (item: T) => string, most: number) {
  const asked = Number(request.query.get('maxPageSize') ?? 10);
  if (!Number.isInteger(asked) || asked < 0) throw invalid('maxPageSize must not be negative.');
  const size = Math.min(asked || 10, most);
  const after = positionOf(request.query.get('pageToken'));
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const next = last !== undefined && rest.length > size ? { nextPageToken: Buffer.from(keyOf(last)).toString('base64url') } : {};
  return { page, next };
}

const positionOf = (token: string | null): string | undefined => (token ? Buffer.from(token, 'base64url').toString() : undefined);
