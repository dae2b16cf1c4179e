import { invalid, missing } from './failure.ts';
import { integer, range, text } from './params.ts';
import type { Params } from './params.ts';

/** What every list takes. */
export const listShape = { limit: integer, starting_after: text, ending_before: text };
export const createdShape = { created: range };
export type ListParams = Params<typeof listShape>;

export interface ListPage<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

/** A page, newest first. @param rows in the order of creation */
export function page<T extends { id: string }>(
  rows: readonly T[],
  url: string,
  { limit = 10, starting_after, ending_before }: ListParams,
): ListPage<T> {
  if (limit < 1 || limit > 100)
    throw invalid('This value must be between 1 and 100.', { code: 'parameter_invalid_integer', param: 'limit' });
  if (starting_after && ending_before) throw invalid('You cannot set both starting_after and ending_before.', { param: 'starting_after' });
  const newestFirst = rows.toReversed();
  const at = (id: string, param: string) => {
    const index = newestFirst.findIndex((row) => row.id === id);
    if (index < 0) throw missing('object', id, param);
    return index;
  };
  if (ending_before !== undefined) {
    const end = at(ending_before, 'ending_before');
    return { object: 'list', data: newestFirst.slice(Math.max(0, end - limit), end), has_more: end > limit, url };
  }
  const start = starting_after === undefined ? 0 : at(starting_after, 'starting_after') + 1;
  return { object: 'list', data: newestFirst.slice(start, start + limit), has_more: newestFirst.length > start + limit, url };
}

/** A list embedded in an object: whole. */
export const embedded = <T>(data: T[], url: string) => ({ object: 'list' as const, data, has_more: false, url });

export function withinRange(created: number, { gt, gte, lt, lte }: ReturnType<typeof range> = {}): boolean {
  return (
    (gt === undefined || created > gt) &&
    (gte === undefined || created >= gte) &&
    (lt === undefined || created < lt) &&
    (lte === undefined || created <= lte)
  );
}
