import { NoSuchRangeError } from '../../domain/privacy/export-errors.ts';
import type { OpenedExport } from '../../platform/privacy/export-desk.ts';
import { byteRange } from './byte-range.ts';
import { handled, type Context } from './route.ts';

export const sealedFile = { mediaType: 'application/octet-stream', description: 'The package in the age format, as a file' } as const;

/** Answers the sealed file, or the part of it that was asked for, as the store brings it: a download that was cut off goes on where it stopped. */
export async function sendExport(ctx: Context, { id, sha256, size, read }: OpenedExport): Promise<typeof handled> {
  const part = byteRange(ctx.get('range'), size);
  if (part === null) throw new NoSuchRangeError(size);
  ctx.set({
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-store',
    ETag: `"${sha256}"`,
    'Content-Disposition': `attachment; filename="export-${id}.zip.age"`,
  });
  const [start, end] = part ?? [0, size - 1];
  const body = await read(start, end - start + 1);
  if (part) ctx.set('Content-Range', `bytes ${start}-${end}/${size}`);
  ctx.status = part ? 206 : 200;
  ctx.type = sealedFile.mediaType;
  ctx.length = end - start + 1;
  ctx.body = body;
  return handled;
}
