import { z } from 'zod';
import { ValidationError } from '../../domain/errors.ts';

/** Query parameters of every list. The cursor is opaque to clients: what `nextCursor` said. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(400).optional(),
};

/** A page of items and where the next one starts; absent on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });

const encode = (position: string): string => Buffer.from(position).toString('base64url');

/** The position (an id or a number, as text) after which a page starts. Throws ValidationError for a cursor we never gave. */
export function positionOf(cursor: string | undefined, pattern: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor, 'base64url').toString();
  if (!pattern.test(position)) throw new ValidationError([{ path: 'query.cursor', message: 'Send the nextCursor of an earlier page.' }]);
  return position;
}
export const idPosition = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const numberPosition = /^\d{1,15}$/;

/** Cuts rows read with `limit + 1` to a page; the extra row only tells that there is more. */
export function page<Row, Item>(rows: readonly Row[], limit: number, position: (row: Row) => string, present: (row: Row) => Item) {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? { nextCursor: encode(position(last)) } : {};
  return { items: kept.map(present), ...nextCursor };
}
