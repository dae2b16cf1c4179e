import { PreconditionRequiredError, VersionConflictError } from '../../domain/errors.ts';
import type { Context } from './route.ts';

export const etag = (version: number): string => `"${version}"`;

/** The version the client read. Weak tags never match If-Match (RFC 9110 13.1.1), and `*` would defeat the lock it stands for. */
export function versionOf(ctx: Context): number {
  const header = ctx.get('if-match').trim();
  if (header === '' || header === '*') throw new PreconditionRequiredError();
  const [, version] = /^"(\d{1,9})"$/.exec(header) ?? [];
  if (!version) throw new VersionConflictError();
  return Number(version);
}
